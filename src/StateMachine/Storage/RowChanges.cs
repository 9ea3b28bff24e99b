using System.Buffers.Binary;
using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>Gathers one entry's changes into one write batch, over the rows as they are stored. For one thread.</summary>
internal sealed class RowChanges(Database database) : IRowChanges, IDisposable
{
    private const long KeptBatchLength = 8 << 20;

    private readonly ByteArena _arena = new();
    private readonly PendingRows _pending = new();
    private readonly byte[] _key = new byte[RowKey.MaximumLength];
    private readonly byte[] _historyKey = new byte[HistoryKey.MaximumLength];
    private WriteBatch _batch = new();
    private long _batchLength;
    private bool _isLast;

    // The row found last: its key, where it stands, and its record in RocksDB's memory or in the entry's.
    private int _keyLength;
    private Held _found;
    private PinnedValue _stored;
    private ReadOnlyMemory<byte> _pendingRecord;

    public void Begin(bool isLast) => _isLast = isLast;

    public Held Find(ReadOnlySpan<byte> table, ReadOnlySpan<byte> key)
    {
        Release();
        _keyLength = RowKey.Write(_key, table, key);
        var rowKey = _key.AsSpan(0, _keyLength);
        if (_pending.TryGet(rowKey, out var pending))
        {
            _found = pending.Held;
            _pendingRecord = pending.Record;
            return _found;
        }

        _stored = database.Get(Family.Rows, rowKey);
        _found = _stored.Found ? RowRecord.Read(_stored.Bytes).Held : Held.None;
        return _found;
    }

    public void Write(in Held after, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> value)
    {
        var rowKey = _key.AsSpan(0, _keyLength);
        Supersede(rowKey, _found, _stored.Found ? _stored.Bytes : _pendingRecord.Span);
        var record = _arena.Take(RowRecord.LengthOf(contentType, value));
        RowRecord.Write(record.Span, after, contentType, value);
        Put(Family.Rows, rowKey, record.Span);
        Remember(rowKey, new PendingRow(after, record));
    }

    public void Remove(long revision) => Remove(
        _key.AsSpan(0, _keyLength), _found, _stored.Found ? _stored.Bytes : _pendingRecord.Span, revision);

    public long RemoveRange(
        ReadOnlySpan<byte> table, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, long revision, ChangeList changes)
    {
        if (!end.IsEmpty && start.SequenceCompareTo(end) >= 0)
        {
            return 0;
        }

        Span<byte> from = stackalloc byte[RowKey.MaximumLength];
        from = from[..RowKey.Write(from, table, start)];
        Span<byte> to = stackalloc byte[RowKey.MaximumLength];
        to = to[..RowKey.Write(to, table, end)];
        if (end.IsEmpty)
        {
            RowKey.MakeSuccessor(to);
        }

        // Two walks in step: the stored rows, and those the entry changed, which hide the stored ones.
        var pendingKeys = _pending.KeysBetween(from, to);
        var next = 0;
        var count = 0L;
        using var cursor = new Cursor(database, Family.Rows, snapshot: 0, from, to);
        for (var stands = cursor.First(); stands; stands = cursor.Next())
        {
            var order = -1;
            while (next < pendingKeys.Count
                && (order = pendingKeys[next].Span.SequenceCompareTo(cursor.Key)) <= 0)
            {
                count += RemovePending(pendingKeys[next++], table, revision, changes);
                if (order == 0)
                {
                    break;
                }
            }

            if (order != 0)
            {
                var held = RowRecord.Read(cursor.Value).Held;
                changes.Deleted(held, table, RowKey.KeyOf(cursor.Key));
                Remove(cursor.Key, held, cursor.Value, revision);
                count++;
            }
        }

        while (next < pendingKeys.Count)
        {
            count += RemovePending(pendingKeys[next++], table, revision, changes);
        }

        return count;
    }

    public void Log(long revision, ReadOnlySpan<byte> record)
    {
        Span<byte> key = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(key, revision);
        Put(Family.Changes, key, record);
    }

    /// <summary>Writes everything, and the position it leads to, at once.</summary>
    public void Commit(in AppliedPosition position)
    {
        Span<byte> record = stackalloc byte[MetaRecords.PositionLength];
        MetaRecords.WritePosition(record, position);
        Put(Family.Meta, MetaRecords.AppliedKey, record);
        database.Write(_batch);
    }

    /// <summary>Forgets the entry, written or not.</summary>
    public void Clear()
    {
        Release();
        _pending.Clear();
        _arena.Reset();
        if (_batchLength > KeptBatchLength)
        {
            _batch.Dispose();
            _batch = new WriteBatch();
        }
        else
        {
            _batch.Clear();
        }

        _batchLength = 0;
    }

    public void Dispose()
    {
        Release();
        _batch.Dispose();
    }

    private long RemovePending(
        ReadOnlyMemory<byte> rowKey, ReadOnlySpan<byte> table, long revision, ChangeList changes)
    {
        Invariant.Holds(_pending.TryGet(rowKey.Span, out var row), "a listed row is pending");
        if (!row.Held.Exists)
        {
            return 0;
        }

        changes.Deleted(row.Held, table, RowKey.KeyOf(rowKey.Span));
        Remove(rowKey.Span, row.Held, row.Record.Span, revision);
        return 1;
    }

    private void Remove(ReadOnlySpan<byte> rowKey, in Held held, ReadOnlySpan<byte> record, long revision)
    {
        Invariant.Holds(held.Exists, "what is removed exists");
        var group = Supersede(rowKey, held, record);
        var length = HistoryKey.WriteRevision(_historyKey, group, revision);
        Span<byte> tombstone = stackalloc byte[RowRecord.TombstoneLength];
        RowRecord.WriteTombstone(tombstone, revision);
        Put(Family.History, _historyKey.AsSpan(0, length), tombstone);
        database.Delete(_batch, Family.Rows, rowKey);
        Remember(rowKey, default);
    }

    /// <summary>Moves the present version, if there is one, into history as it is.</summary>
    /// <returns>The length of the row's group in the history key's buffer; 0 when there was none.</returns>
    private int Supersede(ReadOnlySpan<byte> rowKey, in Held held, ReadOnlySpan<byte> record)
    {
        if (!held.Exists)
        {
            return 0;
        }

        var group = HistoryKey.WriteGroup(_historyKey, rowKey);
        var length = HistoryKey.WriteRevision(_historyKey, group, held.Revision);
        Put(Family.History, _historyKey.AsSpan(0, length), record);
        return group;
    }

    private void Remember(ReadOnlySpan<byte> rowKey, in PendingRow row)
    {
        if (!_isLast)
        {
            var kept = _arena.Take(rowKey.Length);
            rowKey.CopyTo(kept.Span);
            _pending.Set(kept, row);
        }
    }

    private void Put(Family family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        database.Put(_batch, family, key, value);
        _batchLength += key.Length + value.Length;
    }

    private void Release()
    {
        _stored.Dispose();
        _stored = default;
        _pendingRecord = default;
        _found = default;
    }
}
