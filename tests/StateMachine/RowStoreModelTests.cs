using CsCheck;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.StateMachine;

/// <summary>The store against the model, over random histories with restarts, kills and copies in the middle.</summary>
public sealed class RowStoreModelTests
{
    private const int Operations = 1_200;

    private static readonly string[] Tables = ["kv", "k", "none", SystemTables.Leases];

    // Preconditions name revisions of the whole history; most are made to fit the row, or they would all refuse.
    private static readonly Gen<Command> Command = Gen.Frequency(
        (9, Gen.Select(Generated.Table, Generated.Key, Generated.Value, Generated.ContentType, Condition(),
            (table, key, value, contentType, when) =>
                (Command)new Command.Put(table, key, value, contentType, when))),
        (3, Gen.Select(Generated.Table, Generated.Key, Condition(), (table, key, when) =>
            (Command)new Command.Delete(table, key, when))),
        (1, Gen.Select(Generated.Table, Generated.Key, Generated.Bound, (table, start, end) =>
            (Command)new Command.DeleteRange(table, start, end))));

    // One command, several operations, and either under an idempotency key: few keys, soon forgotten.
    private static readonly Gen<byte[]> Transaction = Gen.Select(
        Gen.OneOf(Command.Select(EntryCodec.EncodeTransaction), Generated.Transaction.Select(EntryCodec.EncodeTransaction)),
        Gen.Frequency((3, Gen.Const((IdempotencyTerms?)null)), (2, Gen.Select(
            Gen.Int[1, 30], Gen.Int[0, 1], Gen.Int[1, 40], Gen.Int[1, 12], (key, hash, keepFor, keepAtMost) =>
                (IdempotencyTerms?)new IdempotencyTerms($"key {key}", (UInt128)hash, keepFor, keepAtMost)))),
        (transaction, key) => key is null ? transaction : EntryCodec.EncodeFramed(key, [], transaction));

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (60, Gen.Select(Transaction.Array[1, 7], Gen.Int[-1_000, 1_000], (transactions, clock) =>
            (Step)new Step.Apply(transactions, clock))),
        (3, Gen.Const((Step)new Step.Gap())),
        (12, Gen.Select(Generated.Table, Generated.Bound, Generated.Bound, Gen.Int[0, 100], (table, start, end, back) =>
            (Step)new Step.Look(table, new KeyRange(start, end), back))),
        (2, Gen.Const((Step)new Step.Flush())),
        (1, Gen.Const((Step)new Step.Restart(Kill: false))),
        (2, Gen.Const((Step)new Step.Restart(Kill: true))),
        (1, Gen.Const((Step)new Step.CatchUp())));

    [Fact]
    public void Random_histories_agree_with_the_model() =>
        Steps.Array[Operations / 4, Operations / 3].Sample(Run, iter: 4, threads: 1);

    private static Gen<Precondition> Condition() => Gen.Frequency(
        (6, Gen.Const(Precondition.None)),
        (1, Gen.Const(Precondition.Exists)),
        (1, Gen.Const(Precondition.Absent)),
        (2, Gen.Long[1, 400].Array[1, 40].Select(revisions => Precondition.RevisionIn(revisions))),
        (1, Gen.Long[1, 400].Array[1, 40].Select(revisions => Precondition.RevisionNotIn(revisions))));

    private static void Run(Step[] steps)
    {
        using var folder = new TemporaryFolder();
        using var steady = RowStore.Open(folder.Sub("steady"));
        using var model = new ModelStore();
        using var victim = new Victim(folder.Sub("victim"));
        var (heard, told) = (new Leases(), new Leases());
        steady.LeaseListener = told;
        model.LeaseListener = heard;
        foreach (var step in steps)
        {
            switch (step)
            {
                case Step.Apply apply:
                    var entry = Entries.EntryOf(1_000 + model.Applied.Time + apply.Clock, apply.Transactions);
                    var expected = Feed(model, entry);
                    Assert.Equal(expected.Select(Entries.Describe), Feed(steady, entry).Select(Entries.Describe));
                    Assert.Equal(expected.Select(Entries.Describe), victim.Apply(entry).Select(Entries.Describe));
                    break;
                case Step.Gap:
                    Feed(model, default);
                    Feed(steady, default);
                    victim.Apply(default);
                    break;
                case Step.Look look:
                    Compare(model, victim.Store, look.Table, look.Range, Math.Max(0, model.Applied.Revision - look.Back));
                    break;
                case Step.Flush:
                    victim.Store.Flush();
                    Assert.Equal(victim.Store.Applied, victim.Store.Persisted);
                    break;
                case Step.Restart restart:
                    victim.Restart(restart.Kill);
                    break;
                case Step.CatchUp:
                    victim.CatchUp(steady);
                    break;
            }

            Assert.Equal(model.Applied, victim.Store.Applied);
            Assert.Equal(model.Applied, steady.Applied);
        }

        Assert.Equal(heard.Heard, told.Heard);

        victim.Restart(kill: true);
        for (var revision = 0L; revision <= model.Applied.Revision; revision += 1 + (model.Applied.Revision / 50))
        {
            foreach (var table in Tables)
            {
                Compare(model, victim.Store, table, KeyRange.All, revision);
            }
        }
    }

    private static IReadOnlyList<Outcome> Feed(IStateMachine store, byte[]? entry) =>
        store.Apply(store.Applied.Index + 1, 1 + (store.Applied.Index / 100), entry);

    private static void Compare(ModelStore expected, RowStore actual, string table, KeyRange range, long revision)
    {
        using var left = expected.Read();
        using var right = actual.Read();
        Assert.Equal(left.Position, right.Position);
        foreach (var descending in new[] { false, true })
        {
            var rows = left.Range(table, range, revision, descending).ToList();
            Assert.Equal(
                rows.Select(Entries.Describe),
                right.Range(table, range, revision, descending).Select(Entries.Describe));
        }

        Assert.Equal(left.Count(table, range, revision), right.Count(table, range, revision));
        foreach (var lease in left.Range(table, range, left.Position.Revision).Select(row => row.Lease).Where(lease => lease > 0).Append(2).Distinct())
        {
            Assert.Equal(
                left.RowsOfLease(lease).Select(row => $"{row.Table} {Entries.Text(row.Key)}"),
                right.RowsOfLease(lease).Select(row => $"{row.Table} {Entries.Text(row.Key)}"));
        }

        foreach (var row in left.Range(table, range, left.Position.Revision).Take(50))
        {
            var key = row.Key.Span;
            Assert.Equal(
                Entries.Describe(left.Get(table, key, revision)), Entries.Describe(right.Get(table, key, revision)));
            Assert.Equal(Entries.Describe(row), Entries.Describe(right.Get(table, key, right.Position.Revision)));
        }

        Assert.Equal(
            Entries.Describe(left.Get(table, range.Start.Span, revision)),
            Entries.Describe(right.Get(table, range.Start.Span, revision)));
    }

    private abstract record Step
    {
        public sealed record Apply(byte[][] Transactions, int Clock) : Step;

        public sealed record Gap : Step;

        public sealed record Look(string Table, KeyRange Range, int Back) : Step;

        public sealed record Flush : Step;

        public sealed record Restart(bool Kill) : Step;

        public sealed record CatchUp : Step;
    }

    /// <summary>Writes down what it hears.</summary>
    private sealed class Leases : ILeaseListener
    {
        public List<string> Heard { get; } = [];

        public void Granted(long id, long ttlMs) => Heard.Add($"granted {id} for {ttlMs}");

        public void Ended(long id) => Heard.Add($"ended {id}");

        public void Reset() => Heard.Add("reset");
    }

    /// <summary>A store with its log beside it, closed or killed and opened again.</summary>
    private sealed class Victim : IDisposable
    {
        private readonly List<byte[]?> _log = [];

        private string _folder;

        public Victim(string folder)
        {
            _folder = folder;
            Store = Open();
        }

        public RowStore Store { get; private set; }

        public IReadOnlyList<Outcome> Apply(byte[]? entry)
        {
            _log.Add(entry);
            return Feed(Store, entry);
        }

        public void Restart(bool kill)
        {
            var before = Store.Applied;
            var persisted = Store.Persisted;
            Assert.True(persisted.Index <= before.Index);
            if (kill)
            {
                Store.Abandon();
            }
            else
            {
                Store.Dispose();
                persisted = before;
            }

            Store = Open();
            Assert.InRange(Store.Applied.Index, persisted.Index, before.Index);
            Assert.Equal(Store.Applied, Store.Persisted);
            while (Store.Applied.Index < before.Index)
            {
                Feed(Store, _log[(int)Store.Applied.Index]);
            }

            Assert.Equal(before, Store.Applied);
        }

        /// <summary>Loses what was in memory, and goes on with a copy of a store that did not.</summary>
        public void CatchUp(RowStore ahead)
        {
            Store.Abandon();
            Store = Open();
            var copy = _folder + "'";
            Assert.Equal(ahead.Applied, ahead.Checkpoint(copy));
            Store.SwitchTo(copy);
            Assert.Equal(ahead.Applied, Store.Persisted);
            Directory.Delete(_folder, recursive: true);
            _folder = copy;
        }

        public void Dispose() => Store.Dispose();

        // Small buffers, so that RocksDB writes out and compacts by itself during the run.
        private RowStore Open() => RowStore.Open(_folder, new RowStoreOptions { WriteBufferBytes = 64 << 10 });
    }
}
