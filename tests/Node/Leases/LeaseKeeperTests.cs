using System.Collections.Immutable;
using System.Text;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Leases;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Leases;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.Node.Http;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Leases;

/// <summary>A leader that counts, with a clock that goes when it is told to, over real rows.</summary>
public sealed class LeaseKeeperTests
{
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_without_signs_of_life_ends_when_its_time_is_over_and_not_before()
    {
        await using var leader = await Leader.StartAsync();
        var id = await leader.GrantAsync();
        leader.Time.Advance(Term - Moment);
        Assert.Equal(new LeaseAnswer.Alive(Term, Moment), await leader.Keeper.LookAsync(id, Patience));

        leader.Time.Advance(Moment);

        await leader.EndedAsync(id);
        Assert.Empty(leader.Leases());
        Assert.IsType<LeaseAnswer.Absent>(await leader.Keeper.KeepAliveAsync(id, Patience));
    }

    [Fact]
    public async Task A_sign_of_life_counts_from_when_it_came_and_is_not_logged()
    {
        await using var leader = await Leader.StartAsync();
        var (kept, left) = (await leader.GrantAsync(), await leader.GrantAsync());
        var proposed = leader.Consensus.Proposed;
        leader.Time.Advance(Term / 2);

        // The proof comes later than the request.
        leader.Consensus.IsCutOff = true;
        var asked = leader.Keeper.KeepAliveAsync(kept, Patience).AsTask();
        leader.Time.Advance(Term / 4);
        leader.Consensus.Reconnect();
        leader.Consensus.Standing = leader.Consensus.Standing;

        Assert.Equal(new LeaseAnswer.Alive(Term, Term * 3 / 4), await asked);
        Assert.Equal(proposed, leader.Consensus.Proposed);
        leader.Time.Advance(Term / 4);
        await leader.EndedAsync(left);
        Assert.Equal([kept], leader.Leases());
    }

    [Fact]
    public async Task A_new_leader_gives_every_lease_a_full_term()
    {
        await using var leader = await Leader.StartAsync();
        var id = await leader.GrantAsync();
        leader.Time.Advance(Term - Moment);

        leader.Consensus.LoseLeader();
        leader.Time.Advance(Term);
        leader.Consensus.Lead();
        await leader.LeadsAsync();

        Assert.Equal(new LeaseAnswer.Alive(Term, Term), await leader.Keeper.LookAsync(id, Patience));
        leader.Time.Advance(Term - Moment);
        Assert.Equal([id], leader.Leases());
        leader.Time.Advance(Moment);
        await leader.EndedAsync(id);
    }

    [Fact]
    public async Task Who_does_not_lead_ends_nothing_and_keeps_nothing_alive()
    {
        await using var leader = await Leader.StartAsync();
        var id = await leader.GrantAsync();
        var ended = leader.Keeper.WhenEnded(id);
        leader.Consensus.LoseLeader();
        await ended;

        leader.Time.Advance(Term * 2);

        Assert.IsType<LeaseAnswer.NotLeader>(await leader.Keeper.KeepAliveAsync(id, new CancellationToken(canceled: true)));
        Assert.Null(await leader.Keeper.HoldAsync(id, Patience));
        Assert.Equal([id], leader.Leases());
    }

    [Fact]
    public async Task A_proof_of_a_later_leadership_keeps_nothing_alive()
    {
        await using var leader = await Leader.StartAsync();
        var id = await leader.GrantAsync();
        leader.Consensus.IsCutOff = true;
        var asked = leader.Keeper.KeepAliveAsync(id, Patience).AsTask();

        // Out of office and back before the answer came: another may have led in between.
        leader.Consensus.LoseLeader();
        leader.Consensus.IsCutOff = false;
        leader.Consensus.Lead();

        Assert.IsType<LeaseAnswer.NotLeader>(await asked);
    }

    [Fact]
    public async Task A_lease_whose_end_is_proposed_takes_no_sign_of_life_until_that_is_decided()
    {
        await using var leader = await Leader.StartAsync();
        var id = await leader.GrantAsync();
        var proposed = leader.Answer(new Proposal.Unknown("lost"));
        leader.Time.Advance(Term);
        await proposed;

        Assert.IsType<LeaseAnswer.Ending>(await leader.Keeper.KeepAliveAsync(id, Patience));
        Assert.IsType<LeaseAnswer.Ending>(await leader.Keeper.LookAsync(id, Patience));
        Assert.Null(await leader.Keeper.HoldAsync(id, Patience));

        // It is proposed again, for nobody knows whether it will be done.
        leader.Consensus.Answer = null;
        await leader.AdvanceUntilAsync(() => leader.Leases().Count == 0);
        Assert.IsType<LeaseAnswer.Absent>(await leader.Keeper.KeepAliveAsync(id, Patience));
    }

    [Fact]
    public async Task An_end_that_was_certainly_not_proposed_is_taken_back()
    {
        foreach (var refusal in new Proposal[] { new Proposal.NotLeader(), new Proposal.Overloaded(), new Proposal.TooNew(3, 2) })
        {
            await using var leader = await Leader.StartAsync();
            var id = await leader.GrantAsync();
            var proposed = leader.Answer(refusal);
            leader.Time.Advance(Term);
            await proposed;

            LeaseAnswer answer;
            do
            {
                answer = await leader.Keeper.KeepAliveAsync(id, Patience);
            }
            while (answer is LeaseAnswer.Ending);

            Assert.Equal(new LeaseAnswer.Alive(Term, Term), answer);
            leader.Consensus.Answer = null;
            leader.Time.Advance(Term - Moment);
            Assert.Equal([id], leader.Leases());
            leader.Time.Advance(Moment);
            await leader.EndedAsync(id);
        }
    }

    [Fact]
    public async Task A_lease_that_is_held_does_not_end_and_has_a_full_term_when_it_is_let_go()
    {
        await using var leader = await Leader.StartAsync();
        var id = await leader.GrantAsync();
        var (first, second) = (await leader.Keeper.HoldAsync(id, Patience), await leader.Keeper.HoldAsync(id, Patience));
        leader.Time.Advance(Term * 3);
        first!.Dispose();
        first.Dispose();
        leader.Time.Advance(Term * 3);
        Assert.Equal([id], leader.Leases());

        second!.Dispose();

        Assert.Equal(new LeaseAnswer.Alive(Term, Term), await leader.Keeper.LookAsync(id, Patience));
        leader.Time.Advance(Term);
        await leader.EndedAsync(id);
    }

    [Fact]
    public async Task A_hundred_thousand_leases_end_by_one_timer_in_few_entries()
    {
        const int Many = 100_000;
        await using var leader = await Leader.StartAsync();
        leader.GrantMany(Many);
        leader.Consensus.LoseLeader();
        leader.Consensus.Lead();
        await leader.LeadsAsync();
        leader.Time.Advance(Term / 2);
        var kept = leader.Leases().Where(id => id % 1000 == 0).ToList();
        foreach (var id in kept)
        {
            Assert.IsType<LeaseAnswer.Alive>(await leader.Keeper.KeepAliveAsync(id, Patience));
        }

        var (timers, proposed, revision) = (leader.Time.Made, leader.Consensus.Proposed, leader.Store.Applied.Revision);
        Assert.Single(leader.Time.Due);
        leader.Time.Advance(Term / 2);
        var entries = (Many - kept.Count + LeaseKeeper.MostAtOnce - 1) / LeaseKeeper.MostAtOnce;
        await leader.Consensus.WaitForRevisionAsync(revision + entries, Patience);

        Assert.Equal(kept, leader.Leases());
        Assert.Equal(entries, leader.Consensus.Proposed - proposed);
        // One that bounds each proposal's patience; none for a lease.
        Assert.InRange(leader.Time.Made - timers, 0, entries);
    }

    [Fact]
    public async Task Leases_with_many_rows_end_in_as_many_entries_as_keep_each_one_short()
    {
        int[] rows = [4_000, 6_000, 1, 10_000, 0, 3];
        await using var leader = await Leader.StartAsync();
        foreach (var (number, count) in rows.Index())
        {
            var lease = new LeaseTerm(await leader.GrantAsync(), 0);
            foreach (var keys in Enumerable.Range(0, count).Chunk(1_000))
            {
                leader.Consensus.Apply([EntryCodec.EncodeTransaction(Transaction.Of([.. keys.Select(
                    key => (Operation)new Operation.Put("kv", Encoding.ASCII.GetBytes($"{number}/{key}"), default, null, lease))]))]);
            }
        }

        var (proposed, revision) = (leader.Consensus.Proposed, leader.Store.Applied.Revision);
        leader.Time.Advance(Term);
        await leader.AdvanceUntilAsync(() => leader.Leases().Count == 0, by: TimeSpan.Zero);

        using var picture = leader.Store.Read();
        Assert.Equal(0, picture.Count("kv", KeyRange.All, picture.Position.Revision));
        using var walk = picture.Changes(new ChangePlace(revision + 1));
        var changes = new List<long>();
        while (walk.NextTransaction())
        {
            changes.Add(walk.Count);
        }

        // The rows, and each lease's own.
        Assert.Equal(rows.Sum() + rows.Length, changes.Sum());
        Assert.Equal(leader.Consensus.Proposed - proposed, changes.Count);
        Assert.True(changes.Count < rows.Length);
        Assert.All(changes, count => Assert.InRange(count, 1, LeaseRecord.MaximumRows + rows.Length));
    }

    [Fact]
    public async Task Many_who_keep_leases_alive_while_others_end_lose_none_that_was_confirmed()
    {
        await using var leader = await Leader.StartAsync();
        leader.GrantMany(500);
        leader.Consensus.LoseLeader();
        leader.Consensus.Lead();
        await leader.LeadsAsync();
        var all = leader.Leases();
        leader.Time.Advance(Term - Moment);

        // The clock strikes in the middle of it.
        var asked = all.Select(id => Task.Run(() => leader.Keeper.KeepAliveAsync(id, Patience).AsTask())).ToList();
        leader.Time.Advance(Moment);
        var answers = await Task.WhenAll(asked);
        var confirmed = all.Where((_, at) => answers[at] is LeaseAnswer.Alive).ToImmutableHashSet();
        await leader.AdvanceUntilAsync(() => leader.Leases().Count == confirmed.Count, by: TimeSpan.Zero);

        Assert.Equal(confirmed.Order(), leader.Leases());
    }

    private sealed class Leader : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();

        private Leader()
        {
            Store = RowStore.Open(Path.Combine(_folder.Path, "rows"));
            var member = TestNode.Members(1)[0];
            Consensus = new TestConsensus(member, [member], Store, Time);
            Keeper = new LeaseKeeper(Consensus, Store, Time, failed => Assert.Fail(failed.Message));
            Store.LeaseListener = Keeper;
        }

        public ManualTime Time { get; } = new();

        public RowStore Store { get; }

        public TestConsensus Consensus { get; }

        public LeaseKeeper Keeper { get; }

        public static async Task<Leader> StartAsync()
        {
            var leader = new Leader();
            leader.Keeper.Start();
            leader.Consensus.Lead();
            await leader.LeadsAsync();
            return leader;
        }

        /// <summary>Waits until the keeper counts for the term in which this node leads.</summary>
        public async Task LeadsAsync()
        {
            while (Keeper.CountsIn != Consensus.LedTerm)
            {
                await Task.Yield();
            }
        }

        public async Task<long> GrantAsync()
        {
            var grant = EntryCodec.EncodeTransaction(Transaction.Of(new Operation.GrantLease((long)Term.TotalMilliseconds, null)));
            var done = Assert.IsType<Proposal.Done>(await Consensus.ProposeAsync(grant, Durability.Quorum, Patience));
            return Assert.IsType<OperationResult.LeaseGranted>(Assert.IsType<Outcome.Transacted>(done.Outcome).Results[0]).Id;
        }

        public void GrantMany(int count)
        {
            var grant = EntryCodec.EncodeTransaction(Transaction.Of(new Operation.GrantLease((long)Term.TotalMilliseconds, null)));
            foreach (var chunk in Enumerable.Repeat((ReadOnlyMemory<byte>)grant, count).Chunk(10_000))
            {
                Consensus.Apply(chunk);
            }
        }

        public IReadOnlyList<long> Leases()
        {
            using var picture = Store.Read();
            return [.. LeaseRecord.All(picture).Select(lease => lease.Id).Order()];
        }

        public Task EndedAsync(long id) => Keeper.WhenEnded(id).WaitAsync(Patience);

        /// <summary>Answers every proposal so.</summary>
        /// <returns>Completes with the first one.</returns>
        public Task Answer(Proposal answer)
        {
            var proposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Consensus.Answer = _ =>
            {
                proposed.TrySetResult();
                return answer;
            };
            return proposed.Task;
        }

        /// <summary>Lets time go on until it is so: whoever waits for the clock may not have begun to yet.</summary>
        public async Task AdvanceUntilAsync(Func<bool> isSo, TimeSpan? by = null)
        {
            while (!isSo())
            {
                Patience.ThrowIfCancellationRequested();
                Time.Advance(by ?? LeaseKeeper.Pause);
                await Task.Yield();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Keeper.DisposeAsync();
            Store.Dispose();
            _folder.Dispose();
        }
    }
}
