using RaftCluster.Node;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Consensus;

public sealed class StateComparisonTests
{
    private readonly List<(int Code, string Why)> _stops = [];
    private readonly StateComparison _states;
    private AppliedPosition _applied;

    public StateComparisonTests() => _states = new StateComparison(() => _applied, new ConsensusMeasures(), (code, why) => _stops.Add((code, why)));

    [Fact]
    public void Equal_states_go_on()
    {
        Apply(1, 11);
        Apply(2, 22);
        _states.Claimed("n1", new StateAt(1, 11));
        _states.Claimed("n1", new StateAt(2, 22));
        _states.Claimed("n1", default);
        Assert.Empty(_stops);
    }

    [Fact]
    public void A_state_that_differs_stops_the_node_and_names_the_entry_and_both_hashes()
    {
        Apply(1, 11);
        Apply(2, 22);
        _states.Claimed("n1", new StateAt(1, 12));
        var (code, why) = Assert.Single(_stops);
        Assert.Equal(ExitCode.Corrupt, code);
        Assert.Contains("after entry 1", why, StringComparison.Ordinal);
        Assert.Contains($"{(UInt128)11:x32}", why, StringComparison.Ordinal);
        Assert.Contains($"leader n1 {(UInt128)12:x32}", why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_about_an_entry_that_is_not_applied_yet_is_compared_when_it_is()
    {
        Apply(1, 11);
        _states.Claimed("n1", new StateAt(3, 34));
        _states.Claimed("n1", new StateAt(4, 44));
        Apply(2, 22);
        Assert.Empty(_stops);
        Apply(3, 33);
        Assert.Single(_stops);
    }

    [Fact]
    public void What_is_too_long_ago_is_not_compared_with_another_entry()
    {
        for (var index = 1; index <= 5000; index++)
        {
            Apply(index, (UInt128)index);
        }

        _states.Claimed("n1", new StateAt(1, 999));
        Assert.Empty(_stops);
        _states.Claimed("n1", new StateAt(4999, 999));
        Assert.Single(_stops);
    }

    [Fact]
    public async Task A_follower_whose_rows_differ_stops_by_itself()
    {
        var patience = TestContext.Current.CancellationToken;
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(patience);
        await leader.ProposeAsync(TestCluster.Put("a", "1"), Durability.All, patience);
        var wrong = cluster.Members.First(member => member != leader.Status.Self).Id;
        await cluster.StopAsync(wrong);
        var entry = Assert.IsType<Proposal.Done>(await leader.ProposeAsync(TestCluster.Put("a", "2"), Durability.Quorum, patience));

        // The same entry of the log, but the rows say something else.
        await using (var storage = await RaftCluster.Node.Consensus.Snapshots.NodeStorage.OpenAsync(cluster.FolderOf(wrong), cluster.Members))
        {
            var payload = EntryCodec.ComposeEntry(RequestId.From(Guid.NewGuid()), 1, TestCluster.Put("a", "3"));
            storage.Log.Append([new(entry.Index, entry.Term, RaftCluster.Node.Consensus.Log.LogEntryKind.Command, payload)], entry.Index - 1);
            Assert.True(await storage.Log.SyncAsync(entry.Index));
        }

        await cluster.StartAsync(wrong);
        await leader.ProposeAsync(TestCluster.Put("b", "1"), Durability.Quorum, patience);
        var (code, why) = await cluster.Stopped(wrong).WaitAsync(patience);
        Assert.Equal(ExitCode.Corrupt, code);
        Assert.Contains("state hash", why, StringComparison.Ordinal);
    }

    private void Apply(long index, UInt128 hash)
    {
        _applied = new AppliedPosition(index, 1, index, hash, 0);
        _states.Applied(_applied);
    }
}
