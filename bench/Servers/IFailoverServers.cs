using System.Net;

namespace RaftCluster.Bench.Servers;

/// <summary>Servers whose processes can be taken away, in every way there is, and brought back; and joined by new ones.</summary>
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

    /// <summary>Starts the processes, and waits for nothing.</summary>
    void Launch();

    /// <summary>Starts a new process with an empty folder that is to be one more member; it need not serve yet.</summary>
    /// <param name="name">A name that no member has had.</param>
    /// <param name="stop">Ends it.</param>
    Task<Newcomer> JoinAsync(string name, CancellationToken stop);

    /// <summary>Takes a new member away again, and ends its process.</summary>
    Task LeaveAsync(Newcomer newcomer, CancellationToken stop);

    /// <summary>Whether a node answers a read with a row.</summary>
    /// <param name="node">Who is asked.</param>
    /// <param name="key">The row.</param>
    /// <param name="isLocal">Whether it may answer of its own copy; the read is linearizable otherwise.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    Task<bool> HasAsync(IPEndPoint node, byte[] key, bool isLocal, CancellationToken stop);
}

/// <summary>A process that joined.</summary>
/// <param name="Node">Where it serves.</param>
/// <param name="Process">The process.</param>
/// <param name="Member">What the others call it.</param>
internal sealed record Newcomer(IPEndPoint Node, ServerProcess Process, string Member);
