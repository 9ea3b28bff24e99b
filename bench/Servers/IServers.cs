using System.Net;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Servers;

/// <summary>Three server processes of one product, or one to compare with.</summary>
internal interface IServers : IAsyncDisposable
{
    /// <summary>The product's name in the report.</summary>
    string Name { get; }

    /// <summary>What is spoken with it.</summary>
    IDialect Dialect { get; }

    /// <summary>The processes, for their processor time.</summary>
    IReadOnlyList<int> ProcessIds { get; }

    /// <summary>Starts the processes and waits until they serve.</summary>
    Task StartAsync(CancellationToken stop);

    /// <summary>Finds the node that clients are to speak to, now.</summary>
    Task<IPEndPoint> NodeAsync(Via via, CancellationToken stop);
}
