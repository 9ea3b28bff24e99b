using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Idempotency;
using RaftCluster.StateMachine.Replay;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.StateMachine;

/// <summary>
/// The plainest store that keeps every promise of <see cref="IStateMachine"/>: all versions in memory, nothing clever.
/// It shares no code with the real one but the entry's decoding, and how a kept outcome is written.
/// </summary>
internal sealed class ModelStore : IStateMachine
{
    private SortedDictionary<(string Table, byte[] Key), List<(long Revision, Row? Row)>> _rows =
        new(Comparer<(string Table, byte[] Key)>.Create(Compare));

    private List<(long Index, long Term, byte[] Entry)> _log = [];
    private List<ModelChanges> _changes = [];
    private List<Kept> _kept = [];
    private readonly List<IdempotencyTerms> _keptNow = [];
    private readonly List<(long Id, Row? Lease)> _leaseEvents = [];

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
            outcomes.Add(Apply(transaction));
        }

        Forget();
        Tell();
        return outcomes;
    }

    public IRowReader Read() => new Reader(this, Applied);

    public void Flush()
    {
    }

    /// <summary>Keeps everything for ever.</summary>
    public long SweepHistory(long most, CancellationToken stop) => 0;

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

    public void SwitchTo(string folder, Action? left = null)
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
        _kept = next._kept;
        _log = next._log;
        _changes = next._changes;
        Applied = next.Applied;
        LeaseListener?.Reset();
        left?.Invoke();
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

    private List<RowName> Leased(long lease) => [.. _rows.Keys
        .Where(at => Find(at.Table, at.Key, Applied.Revision)?.Lease == lease)
        .OrderBy(at => at.Table.Length)
        .ThenBy(at => at.Table, StringComparer.Ordinal)
        .ThenBy(at => Convert.ToHexString(at.Key), StringComparer.Ordinal)
        .Select(at => new RowName(at.Table, at.Key))];

    private static int Compare((string Table, byte[] Key) left, (string Table, byte[] Key) right)
    {
        var tables = string.CompareOrdinal(left.Table, right.Table);
        return tables != 0 ? tables : left.Key.AsSpan().SequenceCompareTo(right.Key);
    }

    private Outcome Apply(TransactionView view)
    {
        if (view.Frame is not { } frame)
        {
            return Run(view);
        }

        Assert.Empty(frame.Fences);
        if (frame.Key is not { } terms)
        {
            return Run(view);
        }

        var kept = _kept.FirstOrDefault(kept => kept.Key == terms.Key);
        if (kept is not null && (Applied.Time - kept.Time) / 1000 <= terms.KeepForMs)
        {
            return kept.Hash == terms.RequestHash
                ? new Outcome.Replayed(Applied.Revision, kept.Outcome)
                : new Outcome.KeyReused(Applied.Revision);
        }

        var outcome = Run(view);
        if (outcome is not Outcome.Failed { Kind: FailureKind.TableChanged })
        {
            _kept.RemoveAll(old => old.Key == terms.Key);
            _kept.Add(new Kept(Applied.Time, terms.Key, terms.RequestHash, outcome));
            _keptNow.Add(terms);
        }

        return outcome;
    }

    private void Forget()
    {
        if (_keptNow.Count > 0)
        {
            var terms = _keptNow[^1];
            var inOrder = _kept.OrderBy(kept => kept.Time).ThenBy(kept => kept.Key, StringComparer.Ordinal).ToList();
            for (var i = 0; i < inOrder.Count && i < 16 + (2 * _keptNow.Count); i++)
            {
                if (_kept.Count > terms.KeepAtMost || (Applied.Time - inOrder[i].Time) / 1000 > terms.KeepForMs)
                {
                    _kept.Remove(inOrder[i]);
                }
            }
        }

        _keptNow.Clear();
    }

    private Outcome Run(TransactionView view)
    {
        var rows = _rows.Keys.Select(at => (at.Table, Row: Find(at.Table, at.Key, Applied.Revision)!)).Where(at => at.Row is not null);
        var model = new ModelTransaction(rows, Applied.Revision + 1, Applied.Time, Applied.Term);
        if (view.Transaction is { } transaction)
        {
            if (model.Run(transaction) is not Outcome.Transacted transacted)
            {
                return model.Failure!;
            }

            Change(model.Changes());
            return transacted with { Revision = Applied.Revision };
        }

        var command = view.ToCommand();
        if (command is Command.DeleteRange range)
        {
            var count = model.DeleteRange(range.Table, range.Start, range.End);
            Change(model.Changes());
            return new Outcome.Deleted(Applied.Revision, count);
        }

        var (key, when) = command switch
        {
            Command.Put put => (put.Key, put.When),
            Command.Delete delete => (delete.Key, delete.When),
            _ => throw new InvalidOperationException($"no model of {command}"),
        };
        var before = model.Find(command.Table, key);
        if (!when.Accepts(before?.Revision ?? 0))
        {
            return new Outcome.Refused(Applied.Revision, before?.Revision ?? 0);
        }

        if (command is Command.Put write)
        {
            var version = model.Put(write.Table, write.Key, write.Value, write.ContentType, 0).Version;
            Change(model.Changes());
            return new Outcome.Written(Applied.Revision, version);
        }

        if (!model.Delete(command.Table, key))
        {
            return new Outcome.Absent(Applied.Revision);
        }

        Change(model.Changes());
        return new Outcome.Deleted(Applied.Revision, 1);
    }

    private void Change(IReadOnlyList<(string Table, byte[] Key, Row? Before, Row? After)> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

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
                if (after.Lease > 0)
                {
                    writer.Write((byte)0xF0);
                    writer.Write(after.Lease);
                }
            }

            if (table == SystemTables.Leases && (before is null) != (after is null))
            {
                _leaseEvents.Add((long.Parse(Encoding.ASCII.GetString(key), CultureInfo.InvariantCulture), after));
            }

            if (!_rows.TryGetValue((table, key), out var versions))
            {
                _rows[(table, key)] = versions = [];
            }

            versions.Add((revision, after));
        }

        _changes.Add(new ModelChanges(
            revision, Applied.Term, Applied.Index, Applied.Time,
            [.. changes.Select(change => new ModelChange(change.Table, change.Key, change.Before, change.After))]));

        writer.Flush();
        Applied = Applied with { Revision = revision, StateHash = XxHash128.HashToUInt128(hashed.ToArray()) };
    }

    private void Tell()
    {
        foreach (var (id, lease) in _leaseEvents)
        {
            if (lease is null)
            {
                LeaseListener?.Ended(id);
            }
            else
            {
                LeaseListener?.Granted(id, JsonNode.Parse(lease.Value.Span)!["ttl"]!.GetValue<long>());
            }
        }

        _leaseEvents.Clear();
    }

    private sealed record Kept(long Time, string Key, UInt128 Hash, Outcome Outcome);

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

        public TableSize SizeOf(string table)
        {
            var rows = store.Scan(table, KeyRange.All, Position.Revision);
            return new TableSize(rows.Count, rows.Sum(row => row.Key.Length + row.Value.Length));
        }

        public IEnumerable<RowName> RowsOfLease(long lease) =>
            store.Leased(lease);

        public IReadOnlyList<string> Tables() =>
            [.. store._rows.Keys.Select(at => at.Table).Distinct().OrderBy(table => table.Length).ThenBy(table => table, StringComparer.Ordinal)];

        public IEnumerable<KeptOutcomeRecord> KeptSince(long time) =>
            store._kept.Where(kept => kept.Time >= time)
                .OrderBy(kept => kept.Time).ThenBy(kept => kept.Key, StringComparer.Ordinal)
                .Select(kept => new KeptOutcomeRecord(
                    kept.Time, Encoding.UTF8.GetBytes(kept.Key), new KeptOutcome(kept.Time, kept.Hash, kept.Outcome).ToRecord()));

        public IChangeWalk Changes(ChangePlace from) => new ModelWalk(
            [.. store._changes.Where(changes => changes.Revision >= from.Revision && changes.Revision <= position.Revision)], from.Offset);

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
