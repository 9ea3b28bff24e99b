namespace RaftCluster.Bench.Suite;

/// <summary>What of the table is measured, and how.</summary>
internal sealed record SuiteOptions
{
    /// <summary>Which rows.</summary>
    public required IReadOnlyList<SuiteRow> Rows { get; init; }

    /// <summary>How often each is measured: 1 to 100.</summary>
    public required int Repeats { get; init; }

    /// <summary>How often each way of losing a leader is tried: 1 to 1,000.</summary>
    public required int Gaps { get; init; }

    /// <summary>How many rows of 256 bytes are stored for memory, restart and catch-up.</summary>
    public required int Stored { get; init; }

    /// <summary>How long a round under load lasts.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long each product is warmed up with each row.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>How long a cluster is left alone before its memory is read.</summary>
    public required TimeSpan Settle { get; init; }

    /// <summary>Where <c>suite.json</c>, <c>suite.md</c> and the charts go; null for none.</summary>
    public required string? Output { get; init; }

    /// <summary>An earlier <c>suite.json</c> to compare with; null for none.</summary>
    public required string? Against { get; init; }

    /// <summary>Where data and logs go; removed afterwards.</summary>
    public required string Folder { get; init; }

    /// <summary>The built node.</summary>
    public required string NodeDll { get; init; }

    /// <summary>The etcd program; null when there is none.</summary>
    public required string? EtcdProgram { get; init; }
}
