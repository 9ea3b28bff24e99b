using System.Net;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>So many clients of one node, dealt to connections as the protocol has it.</summary>
/// <param name="Dialect">What is spoken.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Connections">
/// The most connections that clients share: over gRPC, and of this product where they gather their puts. Over HTTP/1.1 otherwise each
/// client has its own, which carries one request at a time.
/// </param>
internal sealed record ClientLoad(IDialect Dialect, Rows Rows, int Connections = ClientLoad.UsualConnections)
{
    /// <summary>As many as serve etcd best on a small machine; its own benchmark deals its clients to connections too.</summary>
    public const int UsualConnections = 8;

    /// <summary>Puts the load on a node for a while.</summary>
    /// <param name="node">The node.</param>
    /// <param name="work">What each request does.</param>
    /// <param name="clients">How many requests are under way.</param>
    /// <param name="duration">How long.</param>
    /// <param name="stop">Ends it earlier.</param>
    public RoundResult Run(IPEndPoint node, Work work, int clients, TimeSpan duration, CancellationToken stop)
    {
        var (connections, connect) = Deal(node, work, clients);
        return Round.Run(connections, connect, Rows.Count, duration, stop);
    }

    /// <summary>Writes the rows of a range once.</summary>
    /// <param name="node">The node.</param>
    /// <param name="work">How they are written.</param>
    /// <param name="clients">How many requests are under way.</param>
    /// <param name="first">The first one; with transactions, the first of each transaction's rows.</param>
    /// <param name="last">The first that is not written.</param>
    /// <param name="step">How many rows a request writes.</param>
    public void Write(IPEndPoint node, Work work, int clients, int first, int last, int step = 1)
    {
        var (connections, connect) = Deal(node, work, clients);
        Round.Sweep(connections, connect, first, last, step);
    }

    private (int Connections, Func<int, IConnection> Connect) Deal(IPEndPoint node, Work work, int clients)
    {
        var connections = Dialect == Dialects.EtcdGrpc || (Dialect == Dialects.Raft && work == Work.PutGathered) ? Math.Min(clients, Connections) : clients;
        int Slots(int connection) => (clients / connections) + (connection < clients % connections ? 1 : 0);
        return (connections, number => Dialect.Open(node, work, Rows, Slots(number)));
    }
}
