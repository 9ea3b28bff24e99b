using System.Buffers.Binary;
using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Removes what no revision from the floor on needs: for each change below it the version that it superseded, a
/// delete's tombstone, and the change itself. The change log says which those are, so that sweeping costs as much as
/// it removes and never walks what stays. It runs beside everything else; whoever reads an older picture keeps it.
/// </summary>
/// <remarks>
/// A change at the floor stays, and with it the version it superseded: the feed shows what was before it. A crash in the
/// middle only leaves more to be swept again, since a change goes after, or together with, what it names.
/// </remarks>
internal sealed class HistorySweep(Database database)
{
    /// <summary>So much is removed at once: a write of this size holds up those of entries by no more than a few ms.</summary>
    private const int MostInBatch = 512;

    private readonly byte[] _rowKey = new byte[RowKey.MaximumLength];
    private readonly byte[] _historyKey = new byte[HistoryKey.MaximumLength];

    // Every change before it is gone already.
    private long _next;

    /// <summary>The folder that it sweeps.</summary>
    public Database Database => database;

    /// <summary>Removes some of it.</summary>
    /// <param name="floor">The oldest revision that can still be read.</param>
    /// <param name="most">About so many versions and changes at most; one change is gone through whole.</param>
    /// <param name="stop">Cancelled to end early.</param>
    /// <returns>How many were removed; less than <paramref name="most"/> when there is no more.</returns>
    public long Run(long floor, long most, CancellationToken stop)
    {
        var removed = 0L;
        Span<byte> from = stackalloc byte[8];
        Span<byte> to = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(from, _next);
        BinaryPrimitives.WriteInt64BigEndian(to, Math.Max(_next, floor));
        using var batch = new WriteBatch();
        using var cursor = new Cursor(database, Family.Changes, snapshot: 0, from, to);
        for (var stands = cursor.First(); stands && removed < most && !stop.IsCancellationRequested; stands = cursor.Next())
        {
            var revision = BinaryPrimitives.ReadInt64BigEndian(cursor.Key);
            removed += RemoveVersions(batch, revision, cursor.Value);
            database.Delete(batch, Family.Changes, cursor.Key);
            _next = revision + 1;
            removed++;
            if (batch.Count() >= MostInBatch)
            {
                Write(batch);
            }
        }

        Write(batch);
        return removed;
    }

    /// <summary>
    /// Removes what the change at the floor superseded, which the feed alone shows, as what was before it: on a disk that is
    /// low it may be most of what there is to give back, the rows that a delete has just removed.
    /// </summary>
    /// <param name="floor">The oldest revision that can still be read; everything below is swept.</param>
    /// <param name="stop">Cancelled to end early.</param>
    public void RunAt(long floor, CancellationToken stop)
    {
        Span<byte> from = stackalloc byte[8];
        Span<byte> to = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(from, floor);
        BinaryPrimitives.WriteInt64BigEndian(to, floor + 1);
        using var batch = new WriteBatch();
        using var cursor = new Cursor(database, Family.Changes, snapshot: 0, from, to);
        if (cursor.First() && !stop.IsCancellationRequested)
        {
            RemoveVersions(batch, floor, cursor.Value, withTombstones: false);
            Write(batch);
        }
    }

    private long RemoveVersions(WriteBatch batch, long revision, ReadOnlySpan<byte> record, bool withTombstones = true)
    {
        var removed = 0L;
        var changes = new ChangeReader(record);
        while (changes.Next())
        {
            var rowKey = _rowKey.AsSpan(0, RowKey.Write(_rowKey, changes.Table, changes.Key));
            var group = HistoryKey.WriteGroup(_historyKey, rowKey);
            if (changes.Previous > 0)
            {
                Remove(batch, group, changes.Previous);
                removed++;
            }

            if (withTombstones && changes.Operation == ChangeOperation.Delete)
            {
                Remove(batch, group, revision);
                removed++;
            }

            if (batch.Count() >= MostInBatch)
            {
                Write(batch);
            }
        }

        return removed;
    }

    private void Remove(WriteBatch batch, int group, long revision) => database.Delete(
        batch, Family.History, _historyKey.AsSpan(0, HistoryKey.WriteRevision(_historyKey, group, revision)));

    private void Write(WriteBatch batch)
    {
        if (batch.Count() > 0)
        {
            database.Write(batch);
            batch.Clear();
        }
    }
}
