namespace RaftCluster.StateMachine;

/// <summary>
/// The rows as one entry finds and leaves them. Each lookup sees what the entry's earlier transactions did; nothing
/// shows outside before the whole entry is written.
/// </summary>
internal interface IRowChanges
{
    /// <summary>Begins a transaction.</summary>
    /// <param name="isLast">No other follows in this entry, so what this one does need not be found again.</param>
    void Begin(bool isLast);

    /// <summary>Looks a row up, and takes hold of it for <see cref="Write"/> or <see cref="Remove"/>.</summary>
    Held Find(ReadOnlySpan<byte> table, ReadOnlySpan<byte> key);

    /// <summary>The content type of the row found last, which exists; null when none was given.</summary>
    string? FoundContentType { get; }

    /// <summary>The value of the row found last, which exists; valid until the next call.</summary>
    ReadOnlySpan<byte> FoundValue { get; }

    /// <summary>Whether some row may be on a lease, or be listed with one.</summary>
    bool HasLeases { get; }

    /// <summary>How much a table holds.</summary>
    TableSize SizeOf(ReadOnlySpan<byte> table);

    /// <summary>Walks the rows of a range. What the entry does must wait until the walk is disposed.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="start">The first key; empty for the first of the table.</param>
    /// <param name="end">The first key that is not meant; empty for no bound.</param>
    /// <param name="descending">From the last key to the first.</param>
    IRowWalk Walk(ReadOnlySpan<byte> table, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, bool descending);

    /// <summary>The rows listed with a lease, in order.</summary>
    List<RowId> RowsOfLease(long lease);

    /// <summary>How many rows are listed with a lease.</summary>
    long CountOfLease(long lease);

    /// <summary>Lists a row with a lease, or no longer.</summary>
    void List(long lease, in RowId row, bool listed);

    /// <summary>Writes the row found last.</summary>
    void Write(in Held after, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> value);

    /// <summary>Removes the row found last, which exists.</summary>
    void Remove(long revision);

    /// <summary>
    /// Removes the rows of a range, none of which is on a lease, and notes each, in the order of their keys; an empty end is
    /// no bound.
    /// </summary>
    /// <returns>How many.</returns>
    long RemoveRange(
        ReadOnlySpan<byte> table, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, long revision, ChangeList changes);

    /// <summary>The oldest revision that can be read once this entry is written.</summary>
    long Floor { get; }

    /// <summary>Raises <see cref="Floor"/>, if it is not there yet.</summary>
    void RaiseFloor(long revision);

    /// <summary>Keeps what a transaction changed.</summary>
    void Log(long revision, ReadOnlySpan<byte> record);
}
