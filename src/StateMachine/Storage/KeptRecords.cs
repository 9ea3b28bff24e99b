using System.Buffers.Binary;
using RaftCluster.StateMachine.Idempotency;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// The family <see cref="Family.Keys"/>, over what the entry changed in it so far:
/// <code>
/// 0x01, key                     = record
/// 0x02, time:u64 (big-endian), key = length of the record:u32 (little-endian)
/// </code>
/// For one thread.
/// </summary>
internal sealed class KeptRecords : IKeptRecords
{
    private const byte ByKey = 1;
    private const byte ByTime = 2;
    private const int TimeLength = 8;
    private const int ReadAhead = 64;

    /// <summary>The first key behind the order of time.</summary>
    public static readonly byte[] EndOfOrder = [ByTime + 1];

    private static readonly Comparer<byte[]> Bytewise =
        Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right));

    private readonly Database _database;
    private readonly EntryBatch _batch;

    // The entry's own: records by key (null for a forgotten one), what it keeps and what it forgot by time.
    private readonly SortedDictionary<byte[], byte[]?> _changed = new(Bytewise);
    private readonly SortedDictionary<byte[], int> _added = new(Bytewise);
    private readonly SortedSet<byte[]> _removed = new(Bytewise);

    // The oldest stored ones, read ahead. No stored one is before the point from which the next are read.
    private readonly Queue<KeptRecord> _oldest = new();
    private byte[] _nextFrom = [ByTime];
    private bool _leftOut;

    private (long Count, long Bytes) _stored;
    private (long Count, long Bytes) _now;

    public KeptRecords(Database database, EntryBatch batch)
    {
        _database = database;
        _batch = batch;
        _stored = StoreFormat.ReadKeys(database);
        _now = _stored;
    }

    public long Count => _now.Count;

    public long Bytes => _now.Bytes;

    public byte[]? Find(byte[] key)
    {
        if (_changed.TryGetValue(key, out var own))
        {
            return own;
        }

        using var stored = _database.Get(Family.Keys, KeyOf(key));
        return stored.Found ? stored.Bytes.ToArray() : null;
    }

    public void Keep(byte[] key, long time, byte[] record)
    {
        var order = OrderOf(time, key);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, record.Length);
        _batch.Put(Family.Keys, KeyOf(key), record);
        _batch.Put(Family.Keys, order, length);
        _changed[key] = record;
        _added[order] = record.Length;
        _now = (_now.Count + 1, _now.Bytes + record.Length);
    }

    public void Forget(in KeptRecord record)
    {
        var order = OrderOf(record.Time, record.Key);
        if (_oldest.TryPeek(out var oldest) && oldest.Time == record.Time && oldest.Key.AsSpan().SequenceEqual(record.Key))
        {
            _oldest.Dequeue();
        }
        else
        {
            _leftOut |= !_added.ContainsKey(order);
        }

        _batch.Delete(Family.Keys, KeyOf(record.Key));
        _batch.Delete(Family.Keys, order);
        _changed[record.Key] = null;
        _added.Remove(order);
        _removed.Add(order);
        _now = (_now.Count - 1, _now.Bytes - record.Length);
    }

    public KeptRecord? Oldest()
    {
        var stored = OldestStored();
        foreach (var (order, length) in _added)
        {
            return stored is { } first && Bytewise.Compare(OrderOf(first.Time, first.Key), order) < 0
                ? first
                : Read(order, length);
        }

        return stored;
    }

    /// <summary>Adds the counts to the entry's batch, if they changed.</summary>
    public void Complete()
    {
        if (_changed.Count > 0)
        {
            Span<byte> record = stackalloc byte[MetaRecords.KeysLength];
            MetaRecords.WriteKeys(record, _now.Count, _now.Bytes);
            _batch.Put(Family.Meta, MetaRecords.KeysKey, record);
        }
    }

    /// <summary>The entry was written.</summary>
    public void Accept()
    {
        if (_changed.Count == 0)
        {
            return;
        }

        // What was read ahead no longer holds when one in its middle was forgotten, or when one was kept before its end: of
        // the same time as the last one, but with a lesser key.
        if (_leftOut || (_added.Count > 0 && Bytewise.Compare(_added.First().Key, _nextFrom) < 0))
        {
            ReadAnew();
        }

        _stored = _now;
        End();
    }

    /// <summary>Forgets the entry, if it was not written.</summary>
    public void Clear()
    {
        if (_changed.Count > 0)
        {
            ReadAnew();
            _now = _stored;
            End();
        }
    }

    /// <summary>Where the record of a key is.</summary>
    public static byte[] KeyOf(byte[] key) => [ByKey, .. key];

    /// <summary>Where a key stands in the order of time.</summary>
    public static byte[] OrderOf(long time, byte[] key)
    {
        var order = new byte[1 + TimeLength + key.Length];
        order[0] = ByTime;
        BinaryPrimitives.WriteInt64BigEndian(order.AsSpan(1), time);
        key.CopyTo(order, 1 + TimeLength);
        return order;
    }

    private static KeptRecord Read(ReadOnlySpan<byte> order, int length) =>
        new(BinaryPrimitives.ReadInt64BigEndian(order[1..]), order[(1 + TimeLength)..].ToArray(), length);

    private void ReadAnew()
    {
        _oldest.Clear();
        _nextFrom = [ByTime];
    }

    private void End()
    {
        _leftOut = false;
        _changed.Clear();
        _added.Clear();
        _removed.Clear();
    }

    private KeptRecord? OldestStored()
    {
        while (true)
        {
            while (_oldest.TryPeek(out var oldest))
            {
                if (!_removed.Contains(OrderOf(oldest.Time, oldest.Key)))
                {
                    return oldest;
                }

                _oldest.Dequeue();
            }

            if (!ReadMore())
            {
                return null;
            }
        }
    }

    private bool ReadMore()
    {
        using var cursor = new Cursor(_database, Family.Keys, snapshot: 0, _nextFrom, EndOfOrder);
        for (var stands = cursor.First(); stands && _oldest.Count < ReadAhead; stands = cursor.Next())
        {
            Invariant.Holds(cursor.Value.Length == 4, "a kept record's length is there");
            _oldest.Enqueue(Read(cursor.Key, BinaryPrimitives.ReadInt32LittleEndian(cursor.Value)));
            _nextFrom = [.. cursor.Key, 0];
        }

        return _oldest.Count > 0;
    }
}
