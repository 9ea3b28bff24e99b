namespace RaftCluster.StateMachine;

/// <summary>
/// A walk through the change log: transaction by transaction, and in each change by change. A transaction is never held
/// in memory, however many changes it has, and a value is read only when it is asked for. Not for use by two threads at once.
/// </summary>
/// <example>
/// <code>
/// while (walk.NextTransaction())
/// {
///     while (walk.NextChange()) { … walk.Operation, walk.Key, walk.ReadAfter() … }
/// }
/// </code>
/// </example>
public interface IChangeWalk : IDisposable
{
    /// <summary>Where the change begins that <see cref="NextChange"/> moves to: a later walk can go on from there.</summary>
    ChangePlace Place { get; }

    /// <summary>The transaction's revision.</summary>
    long Revision { get; }

    /// <summary>The term of its log entry.</summary>
    long Term { get; }

    /// <summary>The index of its log entry, which may hold further transactions.</summary>
    long Index { get; }

    /// <summary>When a leader took it up, in microseconds since 1970 (UTC).</summary>
    long Time { get; }

    /// <summary>How many changes it has in all; at least 1.</summary>
    long Count { get; }

    /// <summary>How long its record is, in bytes, without the values: what it costs to go through it.</summary>
    int Length { get; }

    /// <summary>What the change did.</summary>
    ChangeOperation Operation { get; }

    /// <summary>The name of the row's table, in UTF-8; valid until the next move.</summary>
    ReadOnlySpan<byte> Table { get; }

    /// <summary>The row's key; valid until the next move.</summary>
    ReadOnlySpan<byte> Key { get; }

    /// <summary>Moves to the next transaction; false after the last. What is left of the one before is passed over.</summary>
    bool NextTransaction();

    /// <summary>Moves to the next change of the transaction; false after the last.</summary>
    bool NextChange();

    /// <summary>Goes back before the transaction's first change.</summary>
    void Rewind();

    /// <summary>
    /// Reads the version before the change; null for an insert. At the oldest revision of the history it is null too when
    /// that version was dropped.
    /// </summary>
    Row? ReadBefore();

    /// <summary>Reads the version that the change wrote; null for a delete.</summary>
    Row? ReadAfter();
}

/// <summary>A place in the change log: a transaction, and how far in it.</summary>
/// <param name="Revision">The transaction.</param>
/// <param name="Offset">What a walk's <see cref="IChangeWalk.Place"/> said; 0 for the transaction's beginning.</param>
public readonly record struct ChangePlace(long Revision, int Offset = 0);
