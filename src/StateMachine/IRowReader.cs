using RaftCluster.StateMachine.Replay;

namespace RaftCluster.StateMachine;

/// <summary>
/// A consistent picture of all rows, fixed when it was taken; later writes do not show. Dispose it soon: it holds
/// back the storage's clean-up. Not for use by two threads at once.
/// </summary>
public interface IRowReader : IDisposable
{
    /// <summary>The position of the picture.</summary>
    AppliedPosition Position { get; }

    /// <summary>Revisions below this one can no longer be read (their history was compacted); at least 0.</summary>
    long OldestRevision { get; }

    /// <summary>Reads one row as it stood at a revision.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="revision">From <see cref="OldestRevision"/> to the picture's revision.</param>
    /// <returns>The row, or null when there was none.</returns>
    Row? Get(string table, ReadOnlySpan<byte> key, long revision);

    /// <summary>Reads the rows of a range as they stood at a revision, in the order of their keys' bytes.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="range">The keys.</param>
    /// <param name="revision">From <see cref="OldestRevision"/> to the picture's revision.</param>
    /// <param name="descending">From the last key to the first.</param>
    /// <returns>The rows, read as they are taken; valid until the reader is disposed.</returns>
    IEnumerable<Row> Range(string table, KeyRange range, long revision, bool descending = false);

    /// <summary>Counts the rows of a range as they stood at a revision, without reading their values.</summary>
    long Count(string table, KeyRange range, long revision);

    /// <summary>How much a table holds now. Costs one lookup: it is counted with every change.</summary>
    TableSize SizeOf(string table);

    /// <summary>The rows that are on a lease now, in the order of their tables' names' length, names and keys.</summary>
    /// <param name="lease">The lease's id.</param>
    /// <returns>The rows, read as they are taken; valid until the reader is disposed.</returns>
    IEnumerable<RowName> RowsOfLease(long lease);

    /// <summary>The names of all tables that have a row or ever had one, in the order of their lengths and then their bytes.</summary>
    IReadOnlyList<string> Tables();

    /// <summary>
    /// Walks the change log, from the first transaction at or behind a place to the picture's revision. Every revision
    /// from <see cref="OldestRevision"/> on is in it.
    /// </summary>
    /// <param name="from">Where: its revision at least <see cref="OldestRevision"/>.</param>
    /// <returns>The walk, standing before its first transaction; valid until it or the reader is disposed.</returns>
    IChangeWalk Changes(ChangePlace from);

    /// <summary>The outcomes kept under idempotency keys, in the order in which they will be forgotten: by time, then by key.</summary>
    /// <param name="time">Since when, in microseconds since 1970 (UTC); 0 for all.</param>
    /// <returns>The outcomes, read as they are taken; valid until the reader is disposed.</returns>
    IEnumerable<KeptOutcomeRecord> KeptSince(long time);
}

/// <summary>The keys of [<paramref name="Start"/>, <paramref name="End"/>), in the order of their bytes.</summary>
/// <param name="Start">The first key; empty for the first of the table.</param>
/// <param name="End">The first key that is not meant; empty for no bound.</param>
public readonly record struct KeyRange(ReadOnlyMemory<byte> Start, ReadOnlyMemory<byte> End)
{
    /// <summary>Every key.</summary>
    public static KeyRange All => default;

    /// <summary>Every key that begins with <paramref name="prefix"/> (all keys for an empty one).</summary>
    public static KeyRange Prefix(ReadOnlyMemory<byte> prefix)
    {
        var end = prefix.ToArray();
        var last = end.Length - 1;
        while (last >= 0 && end[last] == byte.MaxValue)
        {
            last--;
        }

        if (last < 0)
        {
            return new KeyRange(prefix, default);
        }

        end[last]++;
        return new KeyRange(prefix, end.AsMemory(0, last + 1));
    }
}
