using System.Buffers.Binary;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// The family <see cref="Family.LeaseRows"/>, over what the entry changed in it so far. It follows from the rows.
/// <code>
/// key = lease:u64 (big-endian), row key (see <see cref="RowKey"/>); value = nothing
/// </code>
/// For one thread.
/// </summary>
internal sealed class LeaseIndex
{
    public const int LeaseLength = 8;
    public const int MaximumKeyLength = LeaseLength + RowKey.MaximumLength;

    private static readonly Comparer<byte[]> ByBytes =
        Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right));

    private readonly Database _database;
    private readonly EntryBatch _batch;
    private readonly SortedDictionary<byte[], bool> _pending = new(ByBytes);

    // Of the leases that rows were put on since the store was opened: counted once, and followed from then on.
    private readonly Dictionary<long, long> _counts = [];

    public LeaseIndex(Database database, EntryBatch batch)
    {
        _database = database;
        _batch = batch;
        using var cursor = new Cursor(database, Family.LeaseRows, snapshot: 0, [], []);
        IsInUse = cursor.First();
    }

    /// <summary>Whether anything is, or since the store was opened was, listed.</summary>
    public bool IsInUse { get; private set; }

    /// <summary>Writes the start that all keys of a lease share.</summary>
    public static void WritePrefix(Span<byte> target, long lease) => BinaryPrimitives.WriteInt64BigEndian(target, lease);

    /// <summary>The key of the row that is listed.</summary>
    public static ReadOnlySpan<byte> RowKeyOf(ReadOnlySpan<byte> key) => key[LeaseLength..];

    /// <summary>Lists a row with a lease, or no longer.</summary>
    public void Set(long lease, in RowId row, bool listed)
    {
        var key = new byte[LeaseLength + 1 + row.Table.Length + row.Key.Length];
        WritePrefix(key, lease);
        RowKey.Write(key.AsSpan(LeaseLength), row.Table, row.Key);
        if (_counts.TryGetValue(lease, out var count) && IsListed(key) != listed)
        {
            _counts[lease] = listed ? count + 1 : count - 1;
            if (_counts[lease] == 0)
            {
                // Most leases end, and are never asked for again.
                _counts.Remove(lease);
            }
        }

        _pending[key] = listed;
        if (listed)
        {
            IsInUse = true;
            _batch.Put(Family.LeaseRows, key, []);
        }
        else
        {
            _batch.Delete(Family.LeaseRows, key);
        }
    }

    /// <summary>How many rows a lease has.</summary>
    public long CountOf(long lease)
    {
        if (!_counts.TryGetValue(lease, out var count))
        {
            count = RowsOf(lease).Count;
            if (count > 0)
            {
                _counts.Add(lease, count);
            }
        }

        return count;
    }

    /// <summary>The rows of a lease, in order.</summary>
    public List<RowId> RowsOf(long lease)
    {
        if (!IsInUse)
        {
            return [];
        }

        var (from, to) = (new byte[LeaseLength], new byte[LeaseLength]);
        WritePrefix(from, lease);
        WritePrefix(to, lease + 1);
        var keys = new SortedSet<byte[]>(ByBytes);
        using (var cursor = new Cursor(_database, Family.LeaseRows, snapshot: 0, from, to))
        {
            for (var stands = cursor.First(); stands; stands = cursor.Next())
            {
                keys.Add(cursor.Key.ToArray());
            }
        }

        foreach (var (key, listed) in _pending)
        {
            if (key.AsSpan().StartsWith(from))
            {
                _ = listed ? keys.Add(key) : keys.Remove(key);
            }
        }

        return [.. keys.Select(static key => ToRowId(RowKeyOf(key)))];
    }

    /// <summary>Forgets the entry, written or not.</summary>
    public void Clear() => _pending.Clear();

    private bool IsListed(byte[] key)
    {
        if (_pending.TryGetValue(key, out var listed))
        {
            return listed;
        }

        using var stored = _database.Get(Family.LeaseRows, key);
        return stored.Found;
    }

    private static RowId ToRowId(ReadOnlySpan<byte> rowKey) =>
        new(RowKey.TableOf(rowKey).ToArray(), RowKey.KeyOf(rowKey).ToArray());
}
