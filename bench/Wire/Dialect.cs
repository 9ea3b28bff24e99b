using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>Opens connections that do one work at one node, in a product's own protocol.</summary>
internal interface IDialect
{
    /// <summary>The protocol's name in the report.</summary>
    string Name { get; }

    /// <summary>Opens a connection.</summary>
    /// <param name="node">The node's client address.</param>
    /// <param name="work">What every request on it does.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="slots">How many requests it may carry at a time; more than 1 only with HTTP/2.</param>
    IConnection Open(System.Net.IPEndPoint node, Work work, Rows rows, int slots);
}

/// <summary>The protocols.</summary>
internal static class Dialects
{
    /// <summary>This product's HTTP/1.1.</summary>
    public static IDialect Raft { get; } = new RaftHttp();

    /// <summary>etcd's gRPC.</summary>
    public static IDialect EtcdGrpc { get; } = new EtcdGrpc();

    /// <summary>etcd's JSON gateway.</summary>
    public static IDialect EtcdJson { get; } = new EtcdJson();
}
