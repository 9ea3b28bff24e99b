using System.Text.Json.Serialization;

namespace RaftCluster.Chaos.History;

/// <summary>One line of a history. The format is described in chaos/HISTORY.md.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "record")]
[JsonDerivedType(typeof(RunRecord), "run")]
[JsonDerivedType(typeof(Operation), "op")]
[JsonDerivedType(typeof(FaultRecord), "fault")]
[JsonDerivedType(typeof(ViewRecord), "view")]
[JsonDerivedType(typeof(FeedRecord), "feed")]
[JsonDerivedType(typeof(EndRecord), "end")]
internal abstract record HistoryRecord;

/// <summary>The first line: what was run.</summary>
internal sealed record RunRecord : HistoryRecord
{
    /// <summary>The format's version.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The format's version of this history.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>When it began, for people.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The command that repeats it.</summary>
    public required string Command { get; init; }

    /// <summary>Decides everything that is left to chance.</summary>
    public required int Seed { get; init; }

    /// <summary>The nodes.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    /// <summary>Faults that can't be put in here, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Skipped { get; init; } = new Dictionary<string, string>();
}

/// <summary>Whether a fault took effect.</summary>
[JsonConverter(typeof(KebabCase<Effect>))]
internal enum Effect
{
    /// <summary>It did, and that was looked at.</summary>
    Installed,

    /// <summary>It could not be tried at that moment, or on this machine.</summary>
    Skipped,

    /// <summary>It was tried, and nothing shows that it did anything.</summary>
    Indeterminate,
}

/// <summary>A fault, when it is over.</summary>
internal sealed record FaultRecord : HistoryRecord
{
    /// <summary>Its kind, as on the command line.</summary>
    public required string Fault { get; init; }

    /// <summary>The nodes it met.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    /// <summary>When it was being put in, in microseconds since the run began.</summary>
    public required long Begin { get; init; }

    /// <summary>When it was healed.</summary>
    public required long End { get; init; }

    /// <summary>Whether it took effect.</summary>
    public required Effect Effect { get; init; }

    /// <summary>What was done and seen, in a few words.</summary>
    public string? Detail { get; init; }

    /// <summary>How often the processes of all nodes were ended at once.</summary>
    public int? KilledAll { get; init; }

    /// <summary>How often the power of all disks was cut at once.</summary>
    public int? PowerLostAll { get; init; }

    /// <summary>How many bits were turned on a disk.</summary>
    public int? BitsTurned { get; init; }

    /// <summary>How many of them were noticed: the node named the damage, and had everything again from the others.</summary>
    public int? BitsNoticed { get; init; }

    /// <summary>Whether another one that took effect was in force at some time of this one.</summary>
    public bool Overlaps(FaultRecord other) =>
        !ReferenceEquals(this, other) && other.Effect == Effect.Installed && other.Begin < End && Begin < other.End;
}

/// <summary>What a node said of itself, whenever it said something new.</summary>
internal sealed record ViewRecord : HistoryRecord
{
    /// <summary>When it was asked, in microseconds since the run began.</summary>
    public required long Begin { get; init; }

    /// <summary>When it had answered.</summary>
    public required long End { get; init; }

    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Its role.</summary>
    public required string Role { get; init; }

    /// <summary>Its term.</summary>
    public required long Term { get; init; }

    /// <summary>Whom it follows; null for nobody.</summary>
    public string? Leader { get; init; }

    /// <summary>The last index it applied.</summary>
    public required long Applied { get; init; }

    /// <summary>The revision after it.</summary>
    public required long Revision { get; init; }

    /// <summary>The hash of everything it applied.</summary>
    public required string StateHash { get; init; }
}

/// <summary>One event of the change feed as a consumer got it.</summary>
internal sealed record FeedRecord : HistoryRecord
{
    /// <summary>The consumer: it asks many nodes, one after the other, and goes on where it was.</summary>
    public required int Consumer { get; init; }

    /// <summary>The node that told it.</summary>
    public required string Node { get; init; }

    /// <summary>When, in microseconds since the run began.</summary>
    public required long At { get; init; }

    /// <summary>The event's revision.</summary>
    public required long Revision { get; init; }

    /// <summary>A hash of the whole event, as it came.</summary>
    public required string Hash { get; init; }

    /// <summary>Its changes.</summary>
    public required IReadOnlyList<FeedChange> Changes { get; init; }
}

/// <summary>A change of an event.</summary>
/// <param name="Op">insert, update or delete.</param>
/// <param name="Table">The table.</param>
/// <param name="Key">The row.</param>
/// <param name="Value">What it holds now, when that is text; null otherwise.</param>
internal sealed record FeedChange(string Op, string Table, string Key, string? Value);

/// <summary>The last line: the run came to its end by itself. Without it the history is not whole.</summary>
internal sealed record EndRecord : HistoryRecord
{
    /// <summary>When, in microseconds since the run began.</summary>
    public required long At { get; init; }

    /// <summary>What was broken and can be seen only while there is a cluster: in logs on disks, in how nodes ended.</summary>
    public IReadOnlyList<EndViolation> Violations { get; init; } = [];

    /// <summary>What could not be judged; empty when everything could.</summary>
    public IReadOnlyList<string> Unjudged { get; init; } = [];
}

/// <summary>A broken promise, as text.</summary>
/// <param name="Promise">Which.</param>
/// <param name="Subject">For what it was broken.</param>
/// <param name="Expected">What should have been.</param>
/// <param name="Found">What was.</param>
internal sealed record EndViolation(string Promise, string Subject, string Expected, string Found);
