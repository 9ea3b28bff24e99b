using CsCheck;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

public sealed class RowStoreCompactionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.Sub("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void From_the_floor_on_everything_reads_as_before_and_nothing_else_is_kept() => Gen
        .Select(Generated.Command.Array[1, 6].Array[5, 40], Gen.Double.Unit, Gen.Bool, Gen.Int[1, 7])
        .Sample((entries, share, crash, slice) =>
        {
            using var folder = new TemporaryFolder();
            var store = RowStore.Open(folder.Sub("store"));
            try
            {
                foreach (var commands in entries)
                {
                    store.Do(commands);
                }

                var before = Everything(store);
                var floor = (long)(share * store.Applied.Revision);
                if (floor == 0)
                {
                    return;
                }

                var hash = store.Applied.StateHash;
                Assert.Equal(floor, Compact(store, floor));
                Assert.Equal(hash, store.Applied.StateHash);
                if (crash)
                {
                    // Some of it is swept and some of that is on the disk; the log then brings the rest again.
                    store.SweepHistory(slice, TestContext.Current.CancellationToken);
                    store.Flush();
                    store.SweepHistory(slice, TestContext.Current.CancellationToken);
                    store.Abandon();
                    store = RowStore.Open(folder.Sub("store"));
                }

                while (store.SweepHistory(slice, TestContext.Current.CancellationToken) >= slice)
                {
                    Assert.Equal(before.Where(line => line.Revision >= floor), Everything(store));
                }

                Assert.Equal(before.Where(line => line.Revision >= floor), Everything(store));
            }
            finally
            {
                store.Dispose();
            }

            AssertNothingIsLeftOver(folder.Sub("store"));
        }, iter: 60);

    [Fact]
    public void What_is_below_the_floor_can_not_be_read()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a", "1"), Put("a", "2"), Put("a", "3"));
        Compact(store, 2);
        using var picture = store.Read();
        Assert.Equal(2, picture.OldestRevision);
        Assert.Equal("2", Text(picture.Get(Table, Bytes("a"), 2)!.Value));
        Assert.Throws<InvariantException>(() => picture.Get(Table, Bytes("a"), 1));
        Assert.Throws<InvariantException>(() => picture.Changes(new ChangePlace(1)));
    }

    [Fact]
    public void A_picture_from_before_keeps_what_it_saw()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a", "1"), Delete("a"), Put("a", "3"));
        using var picture = store.Read();
        Compact(store, 3);
        store.SweepHistory(100, TestContext.Current.CancellationToken);
        Assert.Equal("1", Text(picture.Get(Table, Bytes("a"), 1)!.Value));
        Assert.Null(picture.Get(Table, Bytes("a"), 2));
    }

    [Fact]
    public void The_floor_never_falls_and_never_passes_the_newest_revision()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a", "1"), Put("a", "2"), Put("a", "3"));
        Assert.Equal(2, Compact(store, 2));
        Assert.Equal(2, Compact(store, 1));
        Assert.Equal(3, Compact(store, 1000));
        Assert.Equal(3, store.Applied.Revision);
        Assert.Equal("3", store.Value("a"));
    }

    [Fact]
    public void The_floor_outlives_a_restart()
    {
        using (var store = RowStore.Open(Store))
        {
            store.Do(Put("a", "1"), Put("a", "2"));
            Compact(store, 2);
        }

        using var again = RowStore.Open(Store);
        using var picture = again.Read();
        Assert.Equal(2, picture.OldestRevision);
    }

    [Fact]
    public void A_failed_transaction_leaves_the_floor()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a", "no number"), Put("a", "still none"));
        var outcome = Do(store, Transaction.Of(
            new Operation.Compact(2), new Operation.Add(Table, Bytes("a"), null, Bytes("1"))));
        Assert.IsType<Outcome.Failed>(outcome);
        using var picture = store.Read();
        Assert.Equal(0, picture.OldestRevision);
    }

    [Fact]
    public void A_sweep_ends_when_it_is_told_to()
    {
        using var store = RowStore.Open(Store);
        store.Do(Put("a", "1"), Put("a", "2"), Put("a", "3"));
        Compact(store, 3);
        Assert.Equal(0, store.SweepHistory(100, new CancellationToken(canceled: true)));
        Assert.Equal(3, store.SweepHistory(100, TestContext.Current.CancellationToken));
        Assert.Equal(0, store.SweepHistory(100, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_compaction_is_written_and_read_alike()
    {
        var entry = EntryCodec.ComposeEntry(new RequestId(1, 2), 3, EntryCodec.EncodeTransaction(Transaction.Of(new Operation.Compact(41))));
        var reader = EntryCodec.ReadTransactions(entry);
        Assert.True(reader.Next(out var transaction));
        Assert.Equal(new Operation.Compact(41), Assert.Single(transaction.Transaction!.Then));
        // The kind, and the revision, at the end of the operations; no condition and no other branch follows.
        Assert.Contains("142900000000000000", Convert.ToHexString(entry), StringComparison.Ordinal);
        var outcome = new Outcome.Transacted(7, true, [new OperationResult.Compacted(40)]);
        var read = Assert.IsType<Outcome.Transacted>(OutcomeCodec.Decode(OutcomeCodec.Encode(outcome)));
        Assert.Equal((7, 40), (read.Revision, Assert.IsType<OperationResult.Compacted>(Assert.Single(read.Results)).Floor));
    }

    private static long Compact(RowStore store, long revision)
    {
        var outcome = Assert.IsType<Outcome.Transacted>(Do(store, Transaction.Of(new Operation.Compact(revision))));
        return Assert.IsType<OperationResult.Compacted>(Assert.Single(outcome.Results)).Floor;
    }

    private static Outcome Do(RowStore store, Transaction transaction) => Assert.Single(store.Apply(
        store.Applied.Index + 1,
        Math.Max(1, store.Applied.Term),
        EntryCodec.ComposeEntry(new RequestId(1, 2), store.Applied.Time, EntryCodec.EncodeTransaction(transaction))));

    /// <summary>All rows at all revisions that can be read, and all changes with what was before and after them.</summary>
    private static List<(long Revision, string What)> Everything(RowStore store)
    {
        var lines = new List<(long, string)>();
        using var picture = store.Read();
        for (var revision = Math.Max(1, picture.OldestRevision); revision <= picture.Position.Revision; revision++)
        {
            foreach (var table in picture.Tables().Where(table => picture.Count(table, KeyRange.All, revision) > 0))
            {
                lines.AddRange(picture.Range(table, KeyRange.All, revision).Select(row => (revision, $"{table} {Describe(row)}")));
                lines.AddRange(picture.Range(table, KeyRange.All, revision, descending: true)
                    .Select(row => (revision, $"{table} {Describe(picture.Get(table, row.Key.Span, revision))} again")));
            }
        }

        using var walk = picture.Changes(new ChangePlace(Math.Max(1, picture.OldestRevision)));
        while (walk.NextTransaction())
        {
            while (walk.NextChange())
            {
                lines.Add((walk.Revision, $"{walk.Operation} {Describe(walk.ReadBefore())} -> {Describe(walk.ReadAfter())}"));
            }
        }

        return [.. lines.OrderBy(line => line.Item1)];
    }

    /// <summary>After a whole sweep, history holds just what the changes that are left superseded or removed.</summary>
    private static void AssertNothingIsLeftOver(string folder)
    {
        var database = Database.Open(folder, new RowStoreOptions());
        try
        {
            var expected = new HashSet<string>();
            using var changes = new Cursor(database, Family.Changes, snapshot: 0, [], []);
            for (var stands = changes.First(); stands; stands = changes.Next())
            {
                var revision = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(changes.Key);
                var record = new ChangeReader(changes.Value);
                while (record.Next())
                {
                    var rowKey = new byte[RowKey.MaximumLength];
                    var group = new byte[HistoryKey.MaximumLength];
                    var length = HistoryKey.WriteGroup(group, rowKey.AsSpan(0, RowKey.Write(rowKey, record.Table, record.Key)));
                    foreach (var kept in record.Operation switch
                    {
                        ChangeOperation.Insert => [],
                        ChangeOperation.Update => [record.Previous],
                        _ => new[] { record.Previous, revision },
                    })
                    {
                        expected.Add(Convert.ToHexString(group.AsSpan(0, HistoryKey.WriteRevision(group, length, kept))));
                    }
                }
            }

            var found = new HashSet<string>();
            using var history = new Cursor(database, Family.History, snapshot: 0, [], []);
            for (var stands = history.First(); stands; stands = history.Next())
            {
                found.Add(Convert.ToHexString(history.Key));
            }

            Assert.Equal(expected.Order(), found.Order());
        }
        finally
        {
            database.Leave();
        }
    }
}
