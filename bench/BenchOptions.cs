using RaftCluster.Bench.Load;

namespace RaftCluster.Bench;

/// <summary>What to measure.</summary>
internal sealed record BenchOptions
{
    /// <summary>This product: <c>raft</c>; the other one: <c>etcd</c>; or <c>both</c>.</summary>
    public required string Against { get; init; }

    /// <summary>What is spoken with etcd: <c>grpc</c> or <c>json</c>.</summary>
    public required string EtcdApi { get; init; }

    /// <summary>How long a round lasts.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long each product is warmed up with each work.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>How many requests are under way, round by round.</summary>
    public required IReadOnlyList<int> Clients { get; init; }

    /// <summary>The most connections to etcd over gRPC; more clients share them.</summary>
    public required int Connections { get; init; }

    /// <summary>What the requests do.</summary>
    public required IReadOnlyList<Work> Works { get; init; }

    /// <summary>Which nodes are asked.</summary>
    public required IReadOnlyList<Via> Vias { get; init; }

    /// <summary>Bytes in a key: 12 to 1,024.</summary>
    public required int KeySize { get; init; }

    /// <summary>Bytes in a value: 1 to 16,000.</summary>
    public required int ValueSize { get; init; }

    /// <summary>How many rows, all written beforehand.</summary>
    public required int Keys { get; init; }

    /// <summary>How often everything is measured.</summary>
    public required int Repeats { get; init; }

    /// <summary>Whether the load generator's own ceiling is measured first.</summary>
    public required bool Ceiling { get; init; }

    /// <summary>Where data and logs go; removed afterwards.</summary>
    public required string Folder { get; init; }

    /// <summary>The JSON report; null for none.</summary>
    public required string? Output { get; init; }

    /// <summary>The built node; null to look beside this program's project.</summary>
    public required string? NodeDll { get; init; }

    /// <summary>The etcd program.</summary>
    public required string EtcdProgram { get; init; }
}
