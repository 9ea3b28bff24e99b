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

    /// <summary>Writes the row found last.</summary>
    void Write(in Held after, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> value);

    /// <summary>Removes the row found last, which exists.</summary>
    void Remove(long revision);

    /// <summary>Removes the rows of a range and notes each, in the order of their keys; an empty end is no bound.</summary>
    /// <returns>How many.</returns>
    long RemoveRange(
        ReadOnlySpan<byte> table, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, long revision, ChangeList changes);

    /// <summary>Keeps what a transaction changed.</summary>
    void Log(long revision, ReadOnlySpan<byte> record);
}
