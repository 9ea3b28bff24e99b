namespace RaftCluster.StateMachine;

/// <summary>
/// The rows as a transaction sees them while it runs: stored ones, changed by what the transaction did so far. What is
/// written here is kept when the whole transaction succeeds, each row with one new version.
/// </summary>
internal interface ITransactionRows
{
    /// <summary>The revision that this transaction gets if it changes something.</summary>
    long Revision { get; }

    /// <summary>The index of the log entry.</summary>
    long Index { get; }

    /// <summary>The log entry's term.</summary>
    long Term { get; }

    /// <summary>The entry's time, in microseconds since 1970 (UTC).</summary>
    long Time { get; }

    /// <summary>Reads a row; null when there is none.</summary>
    Row? Find(string table, ReadOnlySpan<byte> key);

    /// <summary>Reads the rows of a range, in the order of their keys; all at once, so meant for short ones.</summary>
    IReadOnlyList<Row> Range(string table, KeyRange range);

    /// <summary>Writes a row.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="contentType">The value's media type; null for none.</param>
    /// <param name="value">The value, which must stay as it is.</param>
    /// <param name="lease">The lease it is on, which exists; 0 for none.</param>
    /// <returns>The row's version.</returns>
    long Put(string table, ReadOnlySpan<byte> key, string? contentType, ReadOnlyMemory<byte> value, long lease = 0);

    /// <summary>Removes a row.</summary>
    /// <returns>False when there was none.</returns>
    bool Delete(string table, ReadOnlySpan<byte> key);

    /// <summary>
    /// Lists a row with a lease besides the one it is on, so that <see cref="RowsOfLease"/> finds it: a lock's row is listed
    /// with its holder's lease and with each waiter's. Whoever lists a row unlists it before removing it.
    /// </summary>
    void Attach(long lease, string table, ReadOnlySpan<byte> key);

    /// <summary>Undoes <see cref="Attach"/>; nothing happens to a row that is not listed.</summary>
    void Detach(long lease, string table, ReadOnlySpan<byte> key);

    /// <summary>
    /// The rows on a lease or listed with it, in the order of their tables' names' length, names and keys. They may be removed while the
    /// list is gone through.
    /// </summary>
    IReadOnlyList<RowName> RowsOfLease(long lease);

    /// <summary>
    /// Lets the transaction fail at the operation that is being done: what that returns is dropped, and nothing of the
    /// transaction is kept.
    /// </summary>
    /// <param name="kind">Why.</param>
    /// <param name="detail">What exactly, for people.</param>
    void Fail(FailureKind kind, string detail);
}

/// <summary>Which row is meant.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Key">The key.</param>
public readonly record struct RowName(string Table, ReadOnlyMemory<byte> Key);
