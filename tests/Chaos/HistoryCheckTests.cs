using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos;

/// <summary>The checks that follow from one workload each: what is sound passes, what is broken in one place is caught.</summary>
public sealed class HistoryCheckTests
{
    [Fact]
    public void Revisions_are_given_once_and_grow_with_time()
    {
        Operation[] sound = [Ops.Write("a", "1", 0, 5, revision: 2), Ops.Write("b", "2", 1, 3, revision: 1), Ops.Write("c", "3", 6, 7, revision: 3)];

        Assert.Empty(WriteOrderCheck.Judge(sound));
        Assert.Single(WriteOrderCheck.Judge([.. sound, Ops.Write("d", "4", 6, 7, revision: 3)]));
        Assert.Single(WriteOrderCheck.Judge([sound[0] with { Revision = 9 }, sound[1], sound[2]]));
    }

    [Fact]
    public void An_answer_that_is_given_again_shows_the_old_revision() => Assert.Empty(WriteOrderCheck.Judge(
        [Ops.Add("c", "k", "1", 1), Ops.Write("a", "1", 2, 3, revision: 2), Ops.Add("c", "k", "1", 1, begin: 4, end: 5) with { Replayed = true }]));

    [Fact]
    public void Additions_are_done_once()
    {
        Operation[] sound =
        [
            Ops.Add("c", "k1", "1", 1), Ops.Add("c", "k2", null, 0).Unknown(), Ops.Add("c", "k2", "2", 4), Ops.Add("c", "k2", "2", 4),
            Ops.Add("c", "k3", null, 0).Unknown(), Ops.Add("c", "k4", null, 0).Failed(),
        ];

        Assert.Empty(ExactlyOnceCheck.Judge(sound));
        Assert.Empty(ExactlyOnceCheck.Judge([.. sound, Ops.Read("c", "2", 8, 9, revision: 5), Ops.Read("c", "3", 8, 9, revision: 6)]));
        Assert.Single(ExactlyOnceCheck.Judge([.. sound, Ops.Read("c", "4", 8, 9, revision: 7)]));
        Assert.Single(ExactlyOnceCheck.Judge([.. sound, Ops.Read("c", "1", 8, 9, revision: 7)]));
        Assert.Single(ExactlyOnceCheck.Judge([.. sound, Ops.Add("c", "k1", "3", 7)]));
        Assert.Single(ExactlyOnceCheck.Judge([.. sound, Ops.Add("c", "k5", "2", 7)]));
    }

    [Fact]
    public void The_total_of_the_bank_stays()
    {
        Operation[] opened = [Ops.Write("bank/1", "100", 0, 1, revision: 1), Ops.Write("bank/2", "100", 0, 1, revision: 2)];

        Assert.Empty(BankCheck.Judge([.. opened, Ops.List("bank/", 2, 3, 3, ("bank/1", "70", 3), ("bank/2", "130", 3))]));
        Assert.Empty(BankCheck.Judge([.. opened, Ops.List("bank/", 2, 3, 1, ("bank/1", "100", 1))]));
        Assert.Single(BankCheck.Judge([.. opened, Ops.List("bank/", 2, 3, 3, ("bank/1", "70", 3), ("bank/2", "100", 2))]));
        Assert.Single(BankCheck.Judge([.. opened, Ops.List("bank/", 2, 3, 3, ("bank/1", "70", 3))]));
    }

    [Fact]
    public void Lists_grow_at_their_end_and_lose_nothing()
    {
        Operation[] appends = [Append("x", 0, 1, 1), Append("x,y", 2, 3, 2), Append("x,z", 2, 3, 0).Failed(), Append("x,u", 2, 3, 0).Unknown()];
        Operation At(string list, long revision) => Ops.Read("l", list, 10, 11, revision, revision, Consistency.Session);

        Assert.Empty(AppendCheck.Judge([.. appends, At("x", 1), At("x,y", 2), At("x,y,u", 3)]));
        Assert.NotEmpty(AppendCheck.Judge([.. appends, At("x", 2)]));
        Assert.NotEmpty(AppendCheck.Judge([.. appends, At("x", 1) with { Consistency = Consistency.Linearizable }]));
        Assert.NotEmpty(AppendCheck.Judge([.. appends, At("x,y", 2), At("x,u,y", 3)]));
        Assert.NotEmpty(AppendCheck.Judge([.. appends, At("x,y,y", 3)]));
        Assert.NotEmpty(AppendCheck.Judge([.. appends, At("x,y,z", 3)]));
        Assert.NotEmpty(AppendCheck.Judge([.. appends, At("x,y,strange", 3)]));
    }

    [Fact]
    public void Fences_never_fall_and_no_step_of_the_counter_is_lost()
    {
        Assert.Empty(LockCheck.Judge([Grant("A", 5), Grant("A", 5), Fenced("1", 5, 6), Grant("B", 7), Fenced("2", 7, 8)]));
        Assert.Single(LockCheck.Judge([Fenced("1", 7, 8), Fenced("2", 5, 9)]));
        Assert.Single(LockCheck.Judge([Fenced("1", 5, 8), Fenced("1", 7, 9)]));
        Assert.Single(LockCheck.Judge([Grant("A", 5), Grant("B", 5)]));
    }

    [Fact]
    public void A_lease_lasts_its_time_from_the_last_sign()
    {
        var put = Ops.Of(OperationKind.LeasedWrite, "e", 0, 100) with { TtlMs = 1_000 };
        var sign = Ops.Of(OperationKind.KeepAlive, "e", 500_000, 600_000) with { TtlMs = 1_000 };

        Assert.Empty(LeaseCheck.Judge([put, Ops.Read("e", null, 999_000, 1_000_000)]));
        Assert.Empty(LeaseCheck.Judge([put, sign, Ops.Read("e", null, 1_400_000, 1_500_000)]));
        Assert.Single(LeaseCheck.Judge([put, Ops.Read("e", null, 900_000, 999_999)]));
        Assert.Single(LeaseCheck.Judge([put, sign, Ops.Read("e", null, 1_300_000, 1_400_000)]));
        Assert.Empty(LeaseCheck.Judge([put, sign.Unknown(), Ops.Read("e", null, 1_300_000, 1_400_000)]));
    }

    [Fact]
    public void The_ledger_has_what_was_acknowledged_and_nothing_that_was_refused()
    {
        Operation[] writes = [Ops.Write("g/1", "a", 0, 1, revision: 1), Ops.Write("g/2", "b", 0, 1).Unknown(), Ops.Write("g/3", "c", 0, 1).Failed()];

        Assert.Empty(LedgerCheck.Judge([.. writes, Ops.List("g/", 2, 3, 2, ("g/1", "a", 1), ("g/2", "b", 2))]));
        Assert.Single(LedgerCheck.Judge([.. writes, Ops.List("g/", 2, 3, 2, ("g/2", "b", 2))]));
        Assert.Single(LedgerCheck.Judge([.. writes, Ops.List("g/", 2, 3, 2, ("g/1", "a", 1), ("g/3", "c", 2))]));
        Assert.Single(LedgerCheck.Judge([.. writes, Ops.List("g/", 2, 3, 2, ("g/1", "a", 1), ("g/9", "?", 2))]));
        Assert.Single(LedgerCheck.Judge([.. writes, Ops.List("g/", 2, 3, 2, ("g/1", "a", 2))]));
    }

    [Fact]
    public void A_term_has_one_leader_and_an_index_one_state()
    {
        ViewRecord[] sound = [View("n1", 5, "leader", 10, "x"), View("n2", 5, "follower", 10, "x"), View("n2", 6, "leader", 12, "y")];

        Assert.Empty(ViewCheck.Judge(sound, []));
        Assert.Single(ViewCheck.Judge([.. sound, View("n3", 5, "leader", 9, "w")], []));
        Assert.Single(ViewCheck.Judge([.. sound, View("n3", 5, "follower", 10, "other")], []));
        Assert.NotEmpty(ViewCheck.Judge([.. sound, View("n2", 5, "follower", 13, "z")], []));
    }

    [Fact]
    public void A_node_whose_process_lived_on_does_not_go_back()
    {
        ViewRecord[] views = [View("n1", 5, "leader", 10, "x"), View("n1", 5, "leader", 8, "w") with { Begin = 20, End = 21 }];

        Assert.Single(ViewCheck.Judge(views, []));
        Assert.Empty(ViewCheck.Judge(views, [Ops.Fault("kill-leader", 5, 15, "n1")]));
    }

    [Fact]
    public void The_feed_has_every_revision_once_and_the_same_for_everybody()
    {
        Operation[] writes = [Ops.Write("a", "1", 0, 1, revision: 1), Ops.Write("a", "2", 0, 1, revision: 2), Ops.Write("a", "9", 0, 1).Failed()];
        FeedRecord[] sound = [Event(1, 1, "1"), Event(2, 1, "1"), Event(1, 2, "2"), Event(2, 2, "2")];

        Assert.Empty(FeedCheck.Judge(sound, writes));
        Assert.Single(FeedCheck.Judge([.. sound, Event(1, 4, "4")], writes));
        Assert.Single(FeedCheck.Judge([.. sound, Event(1, 2, "2")], writes));
        Assert.Single(FeedCheck.Judge([.. sound, Event(1, 3, "3"), Event(2, 3, "other")], writes));
        Assert.Single(FeedCheck.Judge([.. sound, Event(1, 3, "9")], writes));
        Assert.Single(FeedCheck.Judge([Event(1, 1, "5")], writes));
    }

    [Fact]
    public void Gaps_are_measured_around_faults_and_recovery_is_bounded()
    {
        Operation Put(long end) => Ops.Write("a", $"{end}", end - 1, end, revision: end);
        List<HistoryRecord> records = [.. new long[] { 100, 200, 900, 1_000, 30_000_000, 50_000_000 }.Select(Put), Ops.Fault("pause-leader", 150, 700, "n1")];

        Assert.Equal(700, Assert.Single(Gaps.Measure(new RunHistory(records))).Write);
        Assert.Empty(Gaps.Judge(new RunHistory(records)));
        Assert.Single(Gaps.Judge(new RunHistory([.. records, Ops.Fault("kill-all", 31_000_000, 32_000_000, "n1")])));
    }

    private static Operation Append(string list, long begin, long end, long revision) =>
        Ops.Of(OperationKind.Append, "l", begin, end) with { Value = list, Revision = revision };

    private static Operation Grant(string owner, long fence) =>
        Ops.Of(OperationKind.Acquire, "lock", 0, 1) with { Value = owner, Fence = fence };

    private static Operation Fenced(string value, long fence, long revision) =>
        Ops.Of(OperationKind.FencedWrite, "x", 0, 1) with { Value = value, Fence = fence, Revision = revision };

    private static ViewRecord View(string node, long term, string role, long applied, string hash) =>
        new() { Begin = 1, End = 2, Node = node, Role = role, Term = term, Applied = applied, Revision = applied, StateHash = hash };

    private static FeedRecord Event(int consumer, long revision, string value) => new()
    {
        Consumer = consumer,
        Node = "n1",
        At = revision,
        Revision = revision,
        Hash = value,
        Changes = [new FeedChange("update", "kv", "a", value)],
    };
}
