using RaftCluster.StateMachine;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>What every implementation must do with idempotency keys.</summary>
public abstract class IdempotencyConformance : IDisposable
{
    private const long Millisecond = 1_000;

    private readonly TemporaryFolder _folder = new();
    private IStateMachine? _store;

    protected IStateMachine Store => _store ??= Open(_folder.Sub("store"));

    public void Dispose()
    {
        _store?.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens an empty one, which may keep what it likes in a folder that does not exist yet.</summary>
    protected abstract IStateMachine Open(string folder);

    [Fact]
    public void A_request_sent_again_is_not_done_again()
    {
        var first = Store.DoEncoded(Keyed("k", Put("a", "1")));
        Assert.Equal(new Outcome.Written(1, 1), first);
        Store.Do(Put("b"));
        Assert.Equal(new Outcome.Replayed(2, first), Store.DoEncoded(Keyed("k", Put("a", "1"))));
        Assert.Equal(1, Store.Row("a")!.Version);
        Assert.Equal(2, Store.Applied.Revision);
    }

    [Fact]
    public void Within_one_entry_it_is_done_once_too()
    {
        var outcomes = Store.Apply(1, 1, EntryOf(1, Keyed("k", Put("a")), Keyed("k", Put("a")), Keyed("l", Put("a"))));
        Assert.Equal([new Outcome.Written(1, 1), new Outcome.Replayed(1, outcomes[0]), new Outcome.Written(2, 2)], outcomes);
    }

    [Fact]
    public void Another_request_under_the_same_key_is_refused()
    {
        Store.DoEncoded(Keyed("k", Put("a"), hash: 1));
        Assert.Equal(new Outcome.KeyReused(1), Store.DoEncoded(Keyed("k", Put("b"), hash: 2)));
        Assert.Null(Store.Row("b"));
        Assert.IsType<Outcome.Replayed>(Store.DoEncoded(Keyed("k", Put("a"), hash: 1)));
    }

    [Fact]
    public void Refusals_and_failures_are_kept_as_well()
    {
        var refused = Store.DoEncoded(Keyed("k", Put("a", when: Precondition.Exists)));
        var absent = Store.DoEncoded(Keyed("l", Delete("a")));
        var failed = Store.DoEncoded(Keyed("m", new Operation.Add(Table, Bytes("a"), null, Bytes("x"))));
        Store.Do(Put("a", "5"));
        Assert.Equal(new Outcome.Replayed(1, refused), Store.DoEncoded(Keyed("k", Put("a", when: Precondition.Exists))));
        Assert.Equal(new Outcome.Replayed(1, absent), Store.DoEncoded(Keyed("l", Delete("a"))));
        Assert.Equal(
            new Outcome.Replayed(1, failed),
            Store.DoEncoded(Keyed("m", new Operation.Add(Table, Bytes("a"), null, Bytes("x")))));
        Assert.Equal("5", Store.Value("a"));
    }

    [Fact]
    public void A_changed_definition_is_not_kept_for_the_node_tries_again()
    {
        var stale = new Transaction([new TableRequirement("users", 9)], [], [new Operation.Delete(Table, Bytes("a"))], []);
        Assert.IsType<Outcome.Failed>(Store.DoEncoded(Keyed("k", EntryCodec.EncodeTransaction(stale))));
        Assert.Equal(new Outcome.Written(1, 1), Store.DoEncoded(Keyed("k", Put("a"))));
    }

    [Fact]
    public void The_results_of_a_transaction_come_again_as_they_were()
    {
        Store.Do(Put("a", "1", contentType: "text/plain"));
        var transaction = Keyed("k", new Operation.Get(Table, Bytes("a")), new Operation.Add(Table, Bytes("a"), null, Bytes("1")));
        var first = Store.DoEncoded(transaction);
        Assert.Equal("@2 then: got 61=31 text/plain @1 c1 v1; added 2 v2", Describe(first));
        Assert.Equal($"@2 replayed {Describe(first)}", Describe(Store.DoEncoded(transaction)));
    }

    [Fact]
    public void It_is_forgotten_by_the_logs_time()
    {
        var transaction = Keyed("k", Put("a"), keepForMs: 10);
        Store.DoEncoded(transaction);
        Assert.IsType<Outcome.Replayed>(Store.DoEncoded(transaction, later: 10 * Millisecond));
        // Counted from when it was done, not from when it was asked for.
        Assert.IsType<Outcome.Replayed>(Store.DoEncoded(transaction, later: Millisecond - 1));
        Assert.Equal(new Outcome.Written(2, 2), Store.DoEncoded(transaction, later: 1));
        Assert.IsType<Outcome.Replayed>(Store.DoEncoded(transaction, later: 10 * Millisecond));
    }

    [Fact]
    public void The_oldest_are_forgotten_when_there_are_too_many()
    {
        for (var i = 0; i < 5; i++)
        {
            Store.DoEncoded(Keyed($"k{i}", Put("a"), keepAtMost: 3));
        }

        foreach (var (key, isKept) in new[] { ("k4", true), ("k3", true), ("k2", true), ("k1", false) })
        {
            Assert.Equal(isKept, Store.DoEncoded(Keyed(key, Put("a"), keepAtMost: 3)) is Outcome.Replayed);
        }
    }

    [Fact]
    public void Of_the_same_time_the_least_key_goes_first()
    {
        Store.Apply(1, 1, EntryOf(5, Keyed("b", Put("x"), keepAtMost: 2), Keyed("a", Put("x"), keepAtMost: 2)));
        Store.Apply(2, 1, EntryOf(5, Keyed("c", Put("x"), keepAtMost: 2)));
        Store.Apply(3, 1, EntryOf(5, Keyed("a", Put("x"), keepAtMost: 2)));
        // "a" went first, then it came anew, and again was the least: it is gone within its own entry.
        Assert.Equal(new Outcome.Written(5, 5), Assert.Single(Store.Apply(4, 1, EntryOf(5, Keyed("a", Put("x"), keepAtMost: 2)))));
        Assert.IsType<Outcome.Replayed>(Store.DoEncoded(Keyed("b", Put("x"), keepAtMost: 2)));
        Assert.IsType<Outcome.Replayed>(Store.DoEncoded(Keyed("c", Put("x"), keepAtMost: 2)));
    }

    [Fact]
    public void One_that_comes_late_with_a_lesser_key_of_the_same_time_is_the_oldest_then()
    {
        Outcome Keep(string key, int keepAtMost) => Assert.Single(
            Store.Apply(Store.Applied.Index + 1, 1, EntryOf(5, Keyed(key, Put("x"), keepAtMost: keepAtMost))));
        Keep("b", 10);
        Keep("c", 10);
        Keep("d", 2);
        Keep("a", 10);
        Keep("e", 3);
        // "b" went with "d", then "a" with "e", though it came after "c" and "d".
        Assert.IsType<Outcome.Replayed>(Keep("c", 10));
        Assert.IsType<Outcome.Replayed>(Keep("d", 10));
        Assert.IsType<Outcome.Written>(Keep("a", 10));
    }

    [Fact]
    public void An_entry_forgets_a_bounded_number()
    {
        byte[][] many = [.. Enumerable.Range(0, 100).Select(i => Keyed($"k{i:d3}", Put("a"), keepAtMost: 1_000))];
        Store.Apply(1, 1, EntryOf(1, many));
        Store.DoEncoded(Keyed("last", Put("a"), keepAtMost: 1));
        // 16 and 2 for the one that was kept.
        Assert.Equal(100, Store.Applied.Revision - 1);
        Assert.IsType<Outcome.Replayed>(Store.DoEncoded(Keyed("k018", Put("a"), keepAtMost: 1_000)));
        Assert.IsType<Outcome.Written>(Store.DoEncoded(Keyed("k017", Put("a"), keepAtMost: 1_000)));
    }

    [Fact]
    public void A_copy_has_them()
    {
        var transaction = Keyed("k", Put("a"));
        var first = Store.DoEncoded(transaction);
        Store.Checkpoint(_folder.Sub("copy"));
        using var other = Open(_folder.Sub("other"));
        other.SwitchTo(_folder.Sub("copy"));
        Assert.Equal(new Outcome.Replayed(1, first), other.DoEncoded(transaction));
    }

    private static byte[] Keyed(string key, Command command, UInt128 hash = default, long keepForMs = 1_000, int keepAtMost = 100) =>
        EntryCodec.EncodeFramed(
            new IdempotencyTerms(key, hash, keepForMs, keepAtMost), [], EntryCodec.EncodeTransaction(command));

    private static byte[] Keyed(string key, params Operation[] operations) =>
        Keyed(key, EntryCodec.EncodeTransaction(Transaction.Of(operations)));

    private static byte[] Keyed(string key, byte[] transaction) =>
        EntryCodec.EncodeFramed(new IdempotencyTerms(key, 0, 1_000, 100), [], transaction);
}
