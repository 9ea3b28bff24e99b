using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// How much each table holds, counted with every change in the same batch: in <see cref="Family.Meta"/> a record
/// <see cref="MetaRecords.SizePrefix"/> and the table's name, and <see cref="MetaRecords.SizesKey"/> with the revision up to
/// which they are right. A store of before, or one that an older version has written to since, is counted anew when it is
/// opened. For one thread.
/// </summary>
internal sealed class TableSizes
{
    private readonly EntryBatch _batch;
    private readonly Dictionary<ReadOnlyMemory<byte>, Count> _counts = new(KeysByBytes.Instance);
    private readonly Dictionary<ReadOnlyMemory<byte>, Count>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    private readonly List<Count> _changed = [];

    private TableSizes(EntryBatch batch)
    {
        _batch = batch;
        _bySpan = _counts.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Reads the counts of a store, or makes them.</summary>
    /// <param name="database">The store.</param>
    /// <param name="batch">The batch of the entries to come.</param>
    /// <param name="revision">Its revision.</param>
    public static TableSizes Open(Database database, EntryBatch batch, long revision)
    {
        var sizes = new TableSizes(batch);
        if (MetaRecords.ReadSizes(database) == revision)
        {
            sizes.Load(database);
        }
        else
        {
            sizes.Recount(database, revision);
        }

        return sizes;
    }

    /// <summary>A table's, with what the entry did so far.</summary>
    public TableSize Of(ReadOnlySpan<byte> table) => _bySpan.TryGetValue(table, out var count) ? count.Now : default;

    /// <summary>Something was written or removed.</summary>
    public void Change(ReadOnlySpan<byte> table, TableSize by)
    {
        if (!_bySpan.TryGetValue(table, out var count))
        {
            count = new Count(table.ToArray());
            _counts.Add(count.Table, count);
        }

        if (!count.IsChanged)
        {
            count.IsChanged = true;
            _changed.Add(count);
        }

        count.Now += by;
    }

    /// <summary>Adds what changed to the entry's batch.</summary>
    /// <param name="revision">The revision that the entry leads to.</param>
    public void Complete(long revision)
    {
        if (_changed.Count == 0)
        {
            return;
        }

        Span<byte> record = stackalloc byte[MetaRecords.SizeLength];
        foreach (var count in _changed)
        {
            MetaRecords.WriteSize(record, count.Now);
            _batch.Put(Family.Meta, count.Key, record);
        }

        Span<byte> marker = stackalloc byte[MetaRecords.SizesLength];
        MetaRecords.WriteSizes(marker, revision);
        _batch.Put(Family.Meta, MetaRecords.SizesKey, marker);
    }

    /// <summary>The entry was written.</summary>
    public void Accept()
    {
        foreach (var count in _changed)
        {
            count.Stored = count.Now;
            count.IsChanged = false;
        }

        _changed.Clear();
    }

    /// <summary>Forgets the entry, if it was not written.</summary>
    public void Clear()
    {
        foreach (var count in _changed)
        {
            count.Now = count.Stored;
            count.IsChanged = false;
        }

        _changed.Clear();
    }

    private void Load(Database database)
    {
        var prefix = MetaRecords.SizePrefix;
        byte[] end = [.. prefix[..^1], (byte)(prefix[^1] + 1)];
        using var cursor = new Cursor(database, Family.Meta, snapshot: 0, prefix, end);
        for (var stands = cursor.First(); stands; stands = cursor.Next())
        {
            Add(cursor.Key[prefix.Length..], MetaRecords.ReadSize(cursor.Value));
        }
    }

    private void Recount(Database database, long revision)
    {
        using var batch = new WriteBatch();
        DropOld(database, batch);
        using var cursor = new Cursor(database, Family.Rows, snapshot: 0, [], [byte.MaxValue]);
        for (var stands = cursor.First(); stands; stands = cursor.Next())
        {
            Change(RowKey.TableOf(cursor.Key), Of(cursor.Key, cursor.Value));
        }

        Span<byte> record = stackalloc byte[MetaRecords.SizeLength];
        foreach (var count in _changed)
        {
            MetaRecords.WriteSize(record, count.Now);
            database.Put(batch, Family.Meta, count.Key, record);
        }

        Span<byte> marker = stackalloc byte[MetaRecords.SizesLength];
        MetaRecords.WriteSizes(marker, revision);
        database.Put(batch, Family.Meta, MetaRecords.SizesKey, marker);
        database.Write(batch);
        Accept();
    }

    private static void DropOld(Database database, WriteBatch batch)
    {
        var old = new TableSizes(null!);
        old.Load(database);
        foreach (var count in old._counts.Values)
        {
            database.Delete(batch, Family.Meta, count.Key);
        }
    }

    /// <summary>What a row counts for.</summary>
    public static TableSize Of(ReadOnlySpan<byte> rowKey, ReadOnlySpan<byte> record) =>
        new(1, RowKey.KeyOf(rowKey).Length + RowRecord.Read(record).Value.Length);

    private void Add(ReadOnlySpan<byte> table, TableSize size)
    {
        var count = new Count(table.ToArray()) { Now = size, Stored = size };
        _counts.Add(count.Table, count);
    }

    private sealed class Count(byte[] table)
    {
        public byte[] Table { get; } = table;

        public byte[] Key { get; } = [.. MetaRecords.SizePrefix, .. table];

        public TableSize Now { get; set; }

        public TableSize Stored { get; set; }

        public bool IsChanged { get; set; }
    }
}
