using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;

namespace RaftCluster.StateMachine.Locks;

/// <summary>
/// Which keys only the holder of a lock may write: what the rows of <see cref="SystemTables.Locks"/> say, kept beside them
/// so that a write without a guard looks nothing up, and one with guards looks up as many prefixes as there are lengths.
/// For the thread that applies.
/// </summary>
internal sealed class Guards
{
    private readonly Dictionary<string, LockRow> _locks = [];
    private readonly Dictionary<byte[], Guarded> _tables = new(Bytes.Comparer);
    private readonly Dictionary<byte[], Guarded>.AlternateLookup<ReadOnlySpan<byte>> _tableOf;

    public Guards() => _tableOf = _tables.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Whether there are any.</summary>
    public bool Any => _tables.Count > 0;

    /// <summary>Follows a lock's row: every one when a store is opened, later each that a transaction changed.</summary>
    /// <param name="name">The lock's name.</param>
    /// <param name="value">The row's value; empty when it was removed.</param>
    public void Follow(string name, ReadOnlySpan<byte> value)
    {
        if (_locks.Remove(name, out var before))
        {
            foreach (var guard in before.Guards)
            {
                Remove(name, guard);
            }
        }

        if (!value.IsEmpty && LockRow.Read(value) is { Guards.IsEmpty: false } now)
        {
            _locks.Add(name, now);
            foreach (var guard in now.Guards)
            {
                Add(name, guard);
            }
        }
    }

    /// <summary>The first lock, in the order of names, that guards a key and that no fence is given for; null when there is none.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="fences">The fences that were given, each of which holds.</param>
    public string? Missing(ReadOnlySpan<byte> table, ReadOnlySpan<byte> key, ReadOnlySpan<Fence> fences)
    {
        if (!_tableOf.TryGetValue(table, out var guarded))
        {
            return null;
        }

        var first = (string?)null;
        foreach (var (length, prefixes) in guarded.ByLength)
        {
            if (length > key.Length)
            {
                break;
            }

            if (prefixes.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key[..length], out var locks))
            {
                first = First(first, locks, fences);
            }
        }

        return first;
    }

    /// <summary>The same for all keys that a range could hold.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="start">The first key; empty for the first of the table.</param>
    /// <param name="end">The first key that is not meant; empty for no bound.</param>
    /// <param name="fences">The fences that were given, each of which holds.</param>
    public string? Missing(
        ReadOnlySpan<byte> table, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, ReadOnlySpan<Fence> fences)
    {
        var isEmpty = !end.IsEmpty && start.SequenceCompareTo(end) >= 0;
        if (isEmpty || !_tableOf.TryGetValue(table, out var guarded))
        {
            return null;
        }

        var first = (string?)null;
        foreach (var prefixes in guarded.ByLength.Values)
        {
            foreach (var (prefix, locks) in prefixes)
            {
                if (Meet(start, end, prefix))
                {
                    first = First(first, locks, fences);
                }
            }
        }

        return first;
    }

    private static bool Meet(ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, ReadOnlySpan<byte> prefix) =>
        (end.IsEmpty || prefix.SequenceCompareTo(end) < 0)
        && (start.SequenceCompareTo(prefix) <= 0 || start.StartsWith(prefix));

    private static string? First(string? first, SortedSet<string> locks, ReadOnlySpan<Fence> fences)
    {
        foreach (var name in locks)
        {
            if (first is not null && string.CompareOrdinal(first, name) <= 0)
            {
                return first;
            }

            if (!IsGiven(name, fences))
            {
                return name;
            }
        }

        return first;
    }

    private static bool IsGiven(string name, ReadOnlySpan<Fence> fences)
    {
        foreach (var fence in fences)
        {
            if (fence.Lock == name)
            {
                return true;
            }
        }

        return false;
    }

    private void Add(string name, Guard guard)
    {
        var (table, prefix) = (Encoding.UTF8.GetBytes(guard.Table), Encoding.UTF8.GetBytes(guard.Prefix));
        if (!_tables.TryGetValue(table, out var guarded))
        {
            _tables.Add(table, guarded = new Guarded([]));
        }

        if (!guarded.ByLength.TryGetValue(prefix.Length, out var prefixes))
        {
            guarded.ByLength.Add(prefix.Length, prefixes = new Dictionary<byte[], SortedSet<string>>(Bytes.Comparer));
        }

        if (!prefixes.TryGetValue(prefix, out var locks))
        {
            prefixes.Add(prefix, locks = new SortedSet<string>(StringComparer.Ordinal));
        }

        locks.Add(name);
    }

    private void Remove(string name, Guard guard)
    {
        var (table, prefix) = (Encoding.UTF8.GetBytes(guard.Table), Encoding.UTF8.GetBytes(guard.Prefix));
        var guarded = _tables[table];
        var prefixes = guarded.ByLength[prefix.Length];
        prefixes[prefix].Remove(name);
        if (prefixes[prefix].Count == 0)
        {
            prefixes.Remove(prefix);
        }

        if (prefixes.Count == 0)
        {
            guarded.ByLength.Remove(prefix.Length);
        }

        if (guarded.ByLength.Count == 0)
        {
            _tables.Remove(table);
        }
    }

    /// <summary>The locks of each guarded prefix of a table, shorter prefixes first.</summary>
    private sealed record Guarded(SortedDictionary<int, Dictionary<byte[], SortedSet<string>>> ByLength);

    private sealed class Bytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Bytes Comparer = new();

        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode([DisallowNull] byte[] bytes) => GetHashCode(bytes.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
