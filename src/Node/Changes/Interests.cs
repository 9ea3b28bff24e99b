using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>
/// Finds the readers that want a change. It costs one look for each length of prefix that any of them has, however many
/// they are. The caller holds a lock.
/// </summary>
internal sealed class Interests
{
    private readonly Prefixes _everyTable = new();
    private readonly Dictionary<byte[], Prefixes> _tables = new(Bytes.Comparer);

    /// <summary>How many readers there are.</summary>
    public int Count { get; private set; }

    /// <summary>All readers.</summary>
    public IEnumerable<Subscriber> All => _tables.Values.Prepend(_everyTable).SelectMany(prefixes => prefixes.All);

    /// <summary>Adds a reader.</summary>
    public void Add(Subscriber reader)
    {
        var prefixes = _everyTable;
        if (reader.Filter.Table is { } table && !_tables.TryGetValue(table, out prefixes!))
        {
            _tables[table] = prefixes = new Prefixes();
        }

        prefixes.Add(reader);
        Count++;
    }

    /// <summary>Removes a reader; one that is not there changes nothing.</summary>
    public void Remove(Subscriber reader)
    {
        var table = reader.Filter.Table;
        var prefixes = table is null ? _everyTable : _tables.GetValueOrDefault(table);
        if (prefixes?.Remove(reader) != true)
        {
            return;
        }

        Count--;
        if (table is not null && prefixes.IsEmpty)
        {
            _tables.Remove(table);
        }
    }

    /// <summary>Adds the readers that want a change to <paramref name="found"/>, perhaps again.</summary>
    public void Find(ChangeOperation operation, ReadOnlySpan<byte> table, ReadOnlySpan<byte> key, List<Subscriber> found)
    {
        _everyTable.Find(operation, key, found);
        if (_tables.Count > 0 && _tables.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(table, out var prefixes))
        {
            prefixes.Find(operation, key, found);
        }
    }

    /// <summary>The readers of one table, or of every table, by the prefixes they ask for.</summary>
    private sealed class Prefixes
    {
        private readonly SortedList<int, Dictionary<byte[], List<Subscriber>>> _byLength = [];

        public bool IsEmpty => _byLength.Count == 0;

        public IEnumerable<Subscriber> All => _byLength.Values.SelectMany(same => same.Values).SelectMany(readers => readers);

        public void Add(Subscriber reader)
        {
            var prefix = reader.Filter.Prefix;
            if (!_byLength.TryGetValue(prefix.Length, out var same))
            {
                _byLength[prefix.Length] = same = new Dictionary<byte[], List<Subscriber>>(Bytes.Comparer);
            }

            if (!same.TryGetValue(prefix, out var readers))
            {
                same[prefix] = readers = [];
            }

            readers.Add(reader);
        }

        public bool Remove(Subscriber reader)
        {
            var prefix = reader.Filter.Prefix;
            if (!_byLength.TryGetValue(prefix.Length, out var same)
                || !same.TryGetValue(prefix, out var readers)
                || !readers.Remove(reader))
            {
                return false;
            }

            if (readers.Count == 0)
            {
                same.Remove(prefix);
            }

            if (same.Count == 0)
            {
                _byLength.Remove(prefix.Length);
            }

            return true;
        }

        public void Find(ChangeOperation operation, ReadOnlySpan<byte> key, List<Subscriber> found)
        {
            for (var at = 0; at < _byLength.Count && _byLength.GetKeyAtIndex(at) <= key.Length; at++)
            {
                var prefix = key[.._byLength.GetKeyAtIndex(at)];
                if (_byLength.GetValueAtIndex(at).GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(prefix, out var readers))
                {
                    foreach (var reader in readers)
                    {
                        if (reader.Filter.Wants(operation))
                        {
                            found.Add(reader);
                        }
                    }
                }
            }
        }
    }

    /// <summary>Compares bytes by what they are.</summary>
    private sealed class Bytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Bytes Comparer = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
