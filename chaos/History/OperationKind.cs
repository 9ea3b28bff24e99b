using System.Text.Json.Serialization;

namespace RaftCluster.Chaos.History;

/// <summary>What a client did.</summary>
[JsonConverter(typeof(KebabCase<OperationKind>))]
internal enum OperationKind
{
    /// <summary>Read one row.</summary>
    Read,

    /// <summary>Put one row, or delete it when there is no value.</summary>
    Write,

    /// <summary>Put one row if it holds what was expected; refused otherwise.</summary>
    CompareAndSet,

    /// <summary>Read all rows of a prefix, as one picture.</summary>
    List,

    /// <summary>Added one element to the end of a list, by compare-and-set.</summary>
    Append,

    /// <summary>Moved an amount from one account to another.</summary>
    Transfer,

    /// <summary>Added to a counter under an idempotency key.</summary>
    Add,

    /// <summary>Took a lock.</summary>
    Acquire,

    /// <summary>Gave a lock back.</summary>
    Release,

    /// <summary>Wrote a row under the fence of a lock.</summary>
    FencedWrite,

    /// <summary>Put a row on a lease of its own.</summary>
    LeasedWrite,

    /// <summary>Gave a lease a sign of life.</summary>
    KeepAlive,

    /// <summary>Made a row of a table.</summary>
    Insert,

    /// <summary>Changed one column of a row of a table.</summary>
    Patch,

    /// <summary>Took a backup.</summary>
    Save,
}

/// <summary>What a client knows of what it did.</summary>
[JsonConverter(typeof(KebabCase<Outcome>))]
internal enum Outcome
{
    /// <summary>It was done, and the answer says so.</summary>
    Ok,

    /// <summary>It was not done, for certain.</summary>
    Failed,

    /// <summary>Nobody knows: it may have been done, may be done later, or never.</summary>
    Unknown,

    /// <summary>An answer that must not be given: one that doesn't say what became of a write. For the checks it is unknown, too.</summary>
    Dishonest,
}

/// <summary>How fresh an answer was asked for.</summary>
[JsonConverter(typeof(KebabCase<Consistency>))]
internal enum Consistency
{
    /// <summary>As fresh as can be.</summary>
    Linearizable,

    /// <summary>Not behind what the session has seen.</summary>
    Session,

    /// <summary>Whatever the node has.</summary>
    Local,
}
