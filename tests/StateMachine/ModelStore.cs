using System.IO.Hashing;
using System.Text;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.StateMachine;

/// <summary>
/// The plainest store that keeps every promise of <see cref="IStateMachine"/>: all versions in memory, nothing clever.
/// It shares no code with the real one but the entry's decoding.
/// </summary>
internal sealed class ModelStore : IStateMachine
{
    private SortedDictionary<(string Table, byte[] Key), List<(long Revision, Row? Row)>> _rows =
        new(Comparer<(string Table, byte[] Key)>.Create(Compare));

    private List<(long Index, long Term, byte[] Entry)> _log = [];

    public AppliedPosition Applied { get; private set; }

    public AppliedPosition Persisted => Applied;

    public ILeaseListener? LeaseListener { get; set; }

    public IReadOnlyList<Outcome> Apply(long index, long term, ReadOnlyMemory<byte> entry)
    {
        Invariant.Holds(index > Applied.Index, "entries arrive in order");
        var outcomes = new List<Outcome>();
        _log.Add((index, term, entry.ToArray()));
        Applied = Applied with { Index = index, Term = term };
        if (entry.IsEmpty)
        {
            return outcomes;
        }

        var reader = EntryCodec.ReadTransactions(entry.Span);
        Applied = Applied with { Time = Math.Max(Applied.Time, reader.Header.Time) };
        while (reader.Next(out var transaction))
        {
            outcomes.Add(Apply(transaction.ToCommand()));
        }

        return outcomes;
    }

    public IRowReader Read() => new Reader(this, Applied);

    public void Flush()
    {
    }

    /// <summary>Keeps the entries, which say everything.</summary>
    public AppliedPosition Checkpoint(string folder)
    {
        if (Path.Exists(folder) || !Directory.Exists(Path.GetDirectoryName(folder)))
        {
            throw new StorageException("memory", StorageFault.Disk, $"no copy in {folder}");
        }

        Directory.CreateDirectory(folder);
        using var writer = new BinaryWriter(File.Create(Path.Combine(folder, "entries")));
        foreach (var (index, term, entry) in _log)
        {
            writer.Write(index);
            writer.Write(term);
            writer.Write(entry.Length);
            writer.Write(entry);
        }

        return Applied;
    }

    public void SwitchTo(string folder)
    {
        var next = new ModelStore();
        try
        {
            using var reader = new BinaryReader(File.OpenRead(Path.Combine(folder, "entries")));
            while (reader.BaseStream.Position < reader.BaseStream.Length)
            {
                next.Apply(reader.ReadInt64(), reader.ReadInt64(), reader.ReadBytes(reader.ReadInt32()));
            }
        }
        catch (IOException failure)
        {
            throw new StorageException(folder, StorageFault.Corrupt, failure.Message, failure);
        }

        Invariant.Holds(next.Applied.Index >= Applied.Index, "a copy is not behind");
        _rows = next._rows;
        _log = next._log;
        Applied = next.Applied;
    }

    public void Dispose()
    {
    }

    internal Row? Find(string table, byte[] key, long revision)
    {
        if (!_rows.TryGetValue((table, key), out var versions))
        {
            return null;
        }

        return versions.LastOrDefault(version => version.Revision <= revision).Row;
    }

    internal List<Row> Scan(string table, KeyRange range, long revision) =>
        [.. _rows.Keys
            .Where(at => at.Table == table
                && at.Key.AsSpan().SequenceCompareTo(range.Start.Span) >= 0
                && (range.End.IsEmpty || at.Key.AsSpan().SequenceCompareTo(range.End.Span) < 0))
            .Select(at => Find(table, at.Key, revision))
            .OfType<Row>()];

    private static int Compare((string Table, byte[] Key) left, (string Table, byte[] Key) right)
    {
        var tables = string.CompareOrdinal(left.Table, right.Table);
        return tables != 0 ? tables : left.Key.AsSpan().SequenceCompareTo(right.Key);
    }

    private Outcome Apply(Command command)
    {
        var now = Applied.Revision;
        switch (command)
        {
            case Command.Put put:
                var before = Find(put.Table, put.Key.ToArray(), now);
                if (!put.When.Accepts(before?.Revision ?? 0))
                {
                    return new Outcome.Refused(now, before?.Revision ?? 0);
                }

                var after = new Row(
                    put.Key, put.Value, put.ContentType, now + 1, before?.Created ?? now + 1, (before?.Version ?? 0) + 1);
                Change([(put.Table, put.Key.ToArray(), before, after)]);
                return new Outcome.Written(now + 1, after.Version);

            case Command.Delete delete:
                var gone = Find(delete.Table, delete.Key.ToArray(), now);
                if (!delete.When.Accepts(gone?.Revision ?? 0))
                {
                    return new Outcome.Refused(now, gone?.Revision ?? 0);
                }

                if (gone is null)
                {
                    return new Outcome.Absent(now);
                }

                Change([(delete.Table, delete.Key.ToArray(), gone, null)]);
                return new Outcome.Deleted(now + 1, 1);

            case Command.DeleteRange range:
                var rows = Scan(range.Table, new KeyRange(range.Start, range.End), now);
                if (rows.Count > 0)
                {
                    Change([.. rows.Select(row => (range.Table, row.Key.ToArray(), (Row?)row, (Row?)null))]);
                }

                return new Outcome.Deleted(Applied.Revision, rows.Count);

            default:
                throw new InvalidOperationException($"no model of {command}");
        }
    }

    private void Change((string Table, byte[] Key, Row? Before, Row? After)[] changes)
    {
        var revision = Applied.Revision + 1;
        using var hashed = new MemoryStream();
        using var writer = new BinaryWriter(hashed);
        writer.Write((ulong)(Applied.StateHash >> 64).ToBigEndian());
        writer.Write(((ulong)Applied.StateHash).ToBigEndian());
        writer.Write(revision);
        writer.Write(Applied.Time);
        foreach (var (table, key, before, after) in changes)
        {
            writer.Write((byte)(after is null ? 3 : before is null ? 1 : 2));
            writer.Write((byte)Encoding.UTF8.GetByteCount(table));
            writer.Write(Encoding.UTF8.GetBytes(table));
            writer.Write((ushort)key.Length);
            writer.Write(key);
            writer.Write(before?.Revision ?? 0);
            if (after is not null)
            {
                var contentType = Encoding.UTF8.GetBytes(after.ContentType ?? "");
                writer.Write((byte)contentType.Length);
                writer.Write(contentType);
                writer.Write(after.Value.Length);
                writer.Write(after.Value.Span);
            }

            if (!_rows.TryGetValue((table, key), out var versions))
            {
                _rows[(table, key)] = versions = [];
            }

            versions.Add((revision, after));
        }

        writer.Flush();
        Applied = Applied with { Revision = revision, StateHash = XxHash128.HashToUInt128(hashed.ToArray()) };
    }

    private sealed class Reader(ModelStore store, AppliedPosition position) : IRowReader
    {
        public AppliedPosition Position => position;

        public long OldestRevision => 0;

        public Row? Get(string table, ReadOnlySpan<byte> key, long revision) =>
            store.Find(table, key.ToArray(), revision);

        public IEnumerable<Row> Range(string table, KeyRange range, long revision, bool descending = false)
        {
            var rows = store.Scan(table, range, revision);
            if (descending)
            {
                rows.Reverse();
            }

            return rows;
        }

        public long Count(string table, KeyRange range, long revision) => store.Scan(table, range, revision).Count;

        public IEnumerable<RowName> RowsOfLease(long lease) =>
            throw new InvalidOperationException($"no model of leases: {lease}");

        public void Dispose()
        {
        }
    }
}

file static class Bits
{
    public static ulong ToBigEndian(this UInt128 half) => ((ulong)half).ToBigEndian();

    public static ulong ToBigEndian(this ulong number) =>
        System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(number);
}
