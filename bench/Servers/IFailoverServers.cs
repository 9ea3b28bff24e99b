using System.Net;

namespace RaftCluster.Bench.Servers;

/// <summary>Servers whose leader can be taken away, in every way there is.</summary>
internal interface IFailoverServers : IServers
{
    /// <summary>Where each serves.</summary>
    IReadOnlyList<IPEndPoint> Nodes { get; }

    /// <summary>The process of one, by its number from 0.</summary>
    ServerProcess Process(int number);

    /// <summary>Starts one again that has ended; it need not serve yet.</summary>
    void Start(int number);

    /// <summary>Waits until all serve.</summary>
    Task ReadyAsync(CancellationToken stop);

    /// <summary>The number of the one that leads.</summary>
    Task<int> LeaderAsync(CancellationToken stop);

    /// <summary>The term, as the first one knows it.</summary>
    Task<long> TermAsync(CancellationToken stop);

    /// <summary>Has the leader hand over to one.</summary>
    /// <exception cref="IOException">It did not.</exception>
    Task TransferAsync(int to, CancellationToken stop);

    /// <summary>A request that writes a row.</summary>
    HttpRequestMessage Write(int asked, int key);
}
