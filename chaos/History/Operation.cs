using System.Globalization;
using System.Text.Json.Serialization;

namespace RaftCluster.Chaos.History;

/// <summary>One request of one client, sent once.</summary>
internal sealed record Operation : HistoryRecord
{
    /// <summary>Its number in the history, in the order of ends.</summary>
    public long Id { get; init; }

    /// <summary>The workload it belongs to.</summary>
    public required string Workload { get; init; }

    /// <summary>Who did it. A process whose operation is unknown does nothing more: its client goes on as another process.</summary>
    public required int Process { get; init; }

    /// <summary>The session whose token went with it; null for none.</summary>
    public int? Session { get; init; }

    /// <summary>The node that was asked.</summary>
    public required string Node { get; init; }

    /// <summary>What was done.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The row, the prefix, or the lock.</summary>
    public required string Key { get; init; }

    /// <summary>What was to be written; null for nothing, or for a deletion.</summary>
    public string? Value { get; init; }

    /// <summary>Of a compare-and-set: what was to be there before; null for no row.</summary>
    public string? Expected { get; init; }

    /// <summary>Of a list of a table's rows: which of them.</summary>
    public string? Filter { get; init; }

    /// <summary>Under which name the node was to do it once.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>How fresh the answer was to be; null for writes.</summary>
    public Consistency? Consistency { get; init; }

    /// <summary>When it was sent, in microseconds since the run began, by a clock that never goes back.</summary>
    public required long Begin { get; init; }

    /// <summary>When its answer came, or its client gave up.</summary>
    public required long End { get; init; }

    /// <summary>What came of it.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>What was read: the value of a row (null for no row), or the sum that an addition came to.</summary>
    public string? Result { get; init; }

    /// <summary>Of a list: its rows.</summary>
    public IReadOnlyList<ListedRow>? Rows { get; init; }

    /// <summary>The revision that it made, or that the answer shows.</summary>
    public long? Revision { get; init; }

    /// <summary>The revision of the row that was read.</summary>
    public long? RowRevision { get; init; }

    /// <summary>The fence that was given or shown.</summary>
    public long? Fence { get; init; }

    /// <summary>How long its lease lasts without a sign of life, in milliseconds.</summary>
    public long? TtlMs { get; init; }

    /// <summary>The lease.</summary>
    public long? Lease { get; init; }

    /// <summary>Whether the answer was one that had been given before.</summary>
    public bool? Replayed { get; init; }

    /// <summary>Why it failed, or is unknown.</summary>
    public string? Error { get; init; }

    /// <summary>When it can have happened at the latest.</summary>
    [JsonIgnore]
    public long Latest => IsOpen ? long.MaxValue : End;

    /// <summary>Whether nobody knows what came of it.</summary>
    [JsonIgnore]
    public bool IsOpen => Outcome is Outcome.Unknown or Outcome.Dishonest;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"#{Id} process {Process} at {Node}, {Begin / 1e6:0.000000} to {(IsOpen ? "?" : (End / 1e6).ToString("0.000000", CultureInfo.InvariantCulture))} s: {Act()} → {Came()}");

    private string Act() => Kind switch
    {
        OperationKind.Read => $"{Consistency} read of {Key}",
        OperationKind.List => $"{Consistency} list of {Key}",
        OperationKind.Write => Value is null ? $"delete {Key}" : $"write {Key} = {Short(Value)}",
        OperationKind.CompareAndSet => $"compare-and-set {Key}: {Short(Expected)} → {Short(Value)}",
        _ => $"{Kind} {Key} {Short(Value)}",
    };

    private string Came() => Outcome switch
    {
        Outcome.Ok => $"{(Kind is OperationKind.Read or OperationKind.Add ? Short(Result) : "done")} at revision {Revision}"
            + (RowRevision is { } row ? $", row of {row}" : "") + (Fence is { } fence ? $", fence {fence}" : ""),
        _ => $"{Outcome}{(Error is null ? "" : $" ({Short(Error)})")}",
    };

    private static string Short(string? text) => text switch
    {
        null => "nothing",
        { Length: > 60 } => text[..60] + "…",
        _ => text,
    };
}

/// <summary>A row of a list.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value.</param>
/// <param name="Revision">The revision of its last change.</param>
internal sealed record ListedRow(string Key, string Value, long Revision);
