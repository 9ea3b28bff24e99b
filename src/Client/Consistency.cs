namespace RaftCluster.Client;

/// <summary>How fresh a read must be: the header <c>Raft-Consistency</c>.</summary>
public enum Consistency
{
    /// <summary>As if there were one copy: every write that was answered before is seen.</summary>
    Linearizable,

    /// <summary>At least as new as what this client has written and read; see <see cref="RaftClusterClient.SessionToken"/>.</summary>
    Session,

    /// <summary>At most <see cref="ReadOptions.MaxStaleness"/> behind the leader.</summary>
    Bounded,

    /// <summary>Whatever the asked node holds now.</summary>
    Local,
}

/// <summary>When a write counts as done: the header <c>Raft-Durability</c>.</summary>
public enum Durability
{
    /// <summary>A majority of the voters has it on disk.</summary>
    Quorum,

    /// <summary>Every voter has it on disk.</summary>
    All,

    /// <summary>The leader has it on disk: it may be lost, and the answer is <see cref="PutResult.Accepted"/>.</summary>
    Leader,
}

internal static class WireNames
{
    internal static string Of(Consistency consistency) => consistency switch
    {
        Consistency.Linearizable => "linearizable",
        Consistency.Session => "session",
        Consistency.Bounded => "bounded",
        Consistency.Local => "local",
        _ => throw new ArgumentOutOfRangeException(nameof(consistency), consistency, null),
    };

    internal static string Of(Durability durability) => durability switch
    {
        Durability.Quorum => "quorum",
        Durability.All => "all",
        Durability.Leader => "leader",
        _ => throw new ArgumentOutOfRangeException(nameof(durability), durability, null),
    };

    internal static string Of(Comparison comparison) => comparison switch
    {
        Comparison.Equal => "eq",
        Comparison.NotEqual => "ne",
        Comparison.Less => "lt",
        Comparison.LessOrEqual => "le",
        Comparison.Greater => "gt",
        Comparison.GreaterOrEqual => "ge",
        _ => throw new ArgumentOutOfRangeException(nameof(comparison), comparison, null),
    };

    internal static Comparison? ComparisonOf(string op) => op switch
    {
        "eq" => Comparison.Equal,
        "ne" => Comparison.NotEqual,
        "lt" => Comparison.Less,
        "le" => Comparison.LessOrEqual,
        "gt" => Comparison.Greater,
        "ge" => Comparison.GreaterOrEqual,
        _ => null,
    };

    /// <summary>A duration as the API reads it: whole milliseconds, at least one.</summary>
    internal static string Of(TimeSpan duration) =>
        $"{Math.Max(1, (long)duration.TotalMilliseconds)}ms";
}
