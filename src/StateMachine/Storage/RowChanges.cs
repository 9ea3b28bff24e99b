using System.Buffers.Binary;

namespace RaftCluster.StateMachine.Storage;

/// <summary>Gathers one entry's row changes in its write batch, over the rows as they are stored. For one thread.</summary>
internal sealed class RowChanges(Database database, EntryBatch batch, TableSizes sizes, long floor) : IRowChanges, IDisposable
{
    private readonly ByteArena _arena = new();
    private readonly PendingRows _pending = new();
    private readonly HotRows _hot = new();
    private readonly byte[] _key = new byte[RowKey.MaximumLength];
    private readonly byte[] _historyKey = new byte[HistoryKey.MaximumLength];
    private readonly LeaseIndex _leases = new(database, batch);
    private bool _isLast;

    // Whether something was noted of rows that is not written yet.
    private bool _isHotAhead;

    // The row found last: its key, where it stands, and its record in RocksDB's memory or in ours.
    private int _keyLength;
    private Held _found;
    private PinnedValue _stored;
    private ReadOnlyMemory<byte> _copied;

    public string? FoundContentType => ContentTypes.Name(RowRecord.Read(FoundRecord).ContentType);

    public ReadOnlySpan<byte> FoundValue => RowRecord.Read(FoundRecord).Value;

    public bool HasLeases => _leases.IsInUse;

    public long Floor { get; private set; } = floor;

    private ReadOnlySpan<byte> FoundRecord => _stored.Found ? _stored.Bytes : _copied.Span;

    public TableSize SizeOf(ReadOnlySpan<byte> table) => sizes.Of(table);

    public void Begin(bool isLast) => _isLast = isLast;

    public Held Find(ReadOnlySpan<byte> table, ReadOnlySpan<byte> key)
    {
        Release();
        _keyLength = RowKey.Write(_key, table, key);
        var rowKey = _key.AsSpan(0, _keyLength);
        if (_pending.TryGet(rowKey, out var pending))
        {
            _found = pending.Held;
            _copied = pending.Record;
            return _found;
        }

        if (_hot.TryGet(rowKey, out _found, out _copied))
        {
            return _found;
        }

        _stored = database.Get(Family.Rows, rowKey);
        _found = _stored.Found ? RowRecord.Read(_stored.Bytes).Held : Held.None;
        return _found;
    }

    public void Write(in Held after, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> value)
    {
        var rowKey = _key.AsSpan(0, _keyLength);
        var before = _found.Exists ? RowRecord.Read(FoundRecord).Value.Length : -1;
        sizes.Change(
            RowKey.TableOf(rowKey),
            before < 0 ? new TableSize(1, RowKey.KeyOf(rowKey).Length + value.Length) : new TableSize(0, value.Length - before));
        Supersede(rowKey, _found, FoundRecord);
        var record = _arena.Take(RowRecord.LengthOf(after, contentType, value));
        RowRecord.Write(record.Span, after, contentType, value);
        batch.Put(Family.Rows, rowKey, record.Span);
        Remember(rowKey, new PendingRow(after, record));

        // From here on what was found is no longer to be had: its copy is overwritten.
        Release();
        _isHotAhead = true;
        _hot.Set(rowKey, after, record.Span);
    }

    public void Remove(long revision) => Remove(_key.AsSpan(0, _keyLength), _found, FoundRecord, revision);

    public IRowWalk Walk(
        ReadOnlySpan<byte> table, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, bool descending) =>
        new StoredWalk(database, _pending, table, start, end, descending);

    public List<RowId> RowsOfLease(long lease) => _leases.RowsOf(lease);

    public long CountOfLease(long lease) => _leases.CountOf(lease);

    public void List(long lease, in RowId row, bool listed) => _leases.Set(lease, row, listed);

    public long RemoveRange(
        ReadOnlySpan<byte> table, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, long revision, ChangeList changes)
    {
        var count = 0L;
        using var walk = new StoredWalk(database, _pending, table, start, end, descending: false);
        for (; walk.Next(); count++)
        {
            var held = walk.Held;
            Invariant.Holds(held.Lease == 0, "rows on leases are removed one by one");
            changes.Deleted(held, table, walk.Key);
            Remove(walk.StoredKey, held, walk.Record, revision);
        }

        return count;
    }

    public void RaiseFloor(long revision)
    {
        if (revision > Floor)
        {
            Floor = revision;
            Span<byte> record = stackalloc byte[MetaRecords.FloorLength];
            MetaRecords.WriteFloor(record, revision);
            batch.Put(Family.Meta, MetaRecords.FloorKey, record);
        }
    }

    public void Log(long revision, ReadOnlySpan<byte> record)
    {
        Span<byte> key = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(key, revision);
        batch.Put(Family.Changes, key, record);
    }

    /// <summary>The entry is written.</summary>
    public void Accept() => _isHotAhead = false;

    /// <summary>Forgets the entry, written or not.</summary>
    public void Clear()
    {
        Release();
        if (_isHotAhead)
        {
            _hot.Clear();
            _isHotAhead = false;
        }

        _pending.Clear();
        _leases.Clear();
        _arena.Reset();
    }

    public void Dispose() => Release();

    private void Remove(ReadOnlySpan<byte> rowKey, in Held held, ReadOnlySpan<byte> record, long revision)
    {
        Invariant.Holds(held.Exists, "what is removed exists");
        var size = TableSizes.Of(rowKey, record);
        sizes.Change(RowKey.TableOf(rowKey), new TableSize(-size.Rows, -size.Bytes));
        var group = Supersede(rowKey, held, record);
        var length = HistoryKey.WriteRevision(_historyKey, group, revision);
        Span<byte> tombstone = stackalloc byte[RowRecord.TombstoneLength];
        RowRecord.WriteTombstone(tombstone, revision);
        batch.Put(Family.History, _historyKey.AsSpan(0, length), tombstone);
        batch.Delete(Family.Rows, rowKey);
        Remember(rowKey, default);
        _isHotAhead = true;
        _hot.Remove(rowKey);
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
        batch.Put(Family.History, _historyKey.AsSpan(0, length), record);
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

    private void Release()
    {
        _stored.Dispose();
        _stored = default;
        _copied = default;
        _found = default;
    }
}
