using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Consensus;

/// <summary>Agreement over real logs, rows and connections.</summary>
public sealed class ConsensusTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_is_the_whole_cluster_leads_and_keeps_its_rows_over_restarts()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        for (var start = 1; start <= 3; start++)
        {
            var leader = await cluster.LeaderAsync(Patience);
            Assert.Equal(start, Assert.IsType<Outcome.Written>(await Done(leader, "a", $"{start}")).Revision);
            Assert.NotNull(await leader.ConfirmLeadershipAsync(Patience));
            await cluster.StopAsync("n1");
            await cluster.StartAsync("n1");
        }
    }

    [Fact]
    public async Task Every_replica_ends_with_the_same_hash()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var writes = Enumerable.Range(0, 500).Select(at => Done(leader, $"k{at % 50}", $"v{at}").AsTask());
        var revisions = (await Task.WhenAll(writes)).Select(outcome => outcome.Revision).ToArray();
        Assert.Equal(500, revisions.Distinct().Count());
        foreach (var member in cluster.Members)
        {
            await cluster[member.Id].WaitForRevisionAsync(500, Patience);
        }

        Assert.Single(cluster.Members.Select(member => cluster.Rows(member.Id).Applied.StateHash).Distinct());
    }

    [Fact]
    public async Task A_follower_refuses_to_propose_and_asks_the_leader_for_proof()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        await Done(leader, "a", "1");
        var follower = cluster.Nodes.First(node => node != leader);
        Assert.IsType<Proposal.NotLeader>(await follower.ProposeAsync(TestCluster.Put("a", "2"), Durability.Quorum, Patience));

        var written = Assert.IsType<Proposal.Done>(
            await leader.ProposeAsync(TestCluster.Put("b", "1"), Durability.Quorum, Patience));
        var confirmation = await follower.ConfirmLeadershipAsync(Patience);
        Assert.True(confirmation!.Value.Index >= written.Index, "a proof covers what was acknowledged before it");
        await follower.WaitForAppliedAsync(confirmation.Value.Index, Patience);
    }

    [Fact]
    public async Task A_leader_that_knows_of_a_newer_term_does_not_say_that_it_leads_in_it()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var term = leader.Status.Term;
        Assert.Equal((Role.Leader, term), (leader.Standing.Role, leader.Standing.Term));

        // As when a vote is asked of it: the newer term's number is on its disk before it has stepped down.
        cluster.Votes(leader.Status.Self.Id).Save(term + 1, []);

        Assert.NotEqual((Role.Leader, term + 1), (leader.Status.Role, leader.Status.Term));
        Assert.NotEqual((Role.Leader, term + 1), (leader.Standing.Role, leader.Standing.Term));
        Assert.NotEqual(leader.Status.Self, leader.Status.Leader);
    }

    [Fact]
    public async Task When_the_leader_stops_another_one_goes_on_from_the_same_history()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        for (var round = 1; round <= 3; round++)
        {
            var leader = await cluster.LeaderAsync(Patience);
            var id = leader.Status.Self.Id;
            Assert.Equal(round, (await Done(leader, $"r{round}", "x")).Revision);
            await cluster.StopAsync(id);
            var next = await cluster.LeaderAsync(Patience);
            Assert.NotEqual(id, next.Status.Self.Id);
            Assert.True((await next.ConfirmLeadershipAsync(Patience))!.Value.Index > round);
            await cluster.StartAsync(id);
            await cluster[id].WaitForRevisionAsync(round, Patience);
        }
    }

    [Fact]
    public async Task Handing_over_gives_the_leadership_to_another_node()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var before = leader.Status.Term;
        await leader.ResignAsync(Patience);
        Assert.True(leader.Status.Term > before, "another node was elected, in a new term");
    }

    [Fact]
    public async Task Without_a_majority_nothing_is_done_and_nothing_is_proven()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        await Done(leader, "a", "1");
        foreach (var other in cluster.Members.Where(member => member != leader.Status.Self).ToArray())
        {
            await cluster.StopAsync(other.Id);
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var proposal = await leader.ProposeAsync(TestCluster.Put("a", "2"), Durability.Quorum, patience.Token);
        Assert.True(proposal is Proposal.Unknown or Proposal.NotLeader, $"{proposal}");
        Assert.Null(await leader.ConfirmLeadershipAsync(patience.Token));
        Assert.Equal(1, cluster.Rows(leader.Status.Self.Id).Applied.Revision);
    }

    [Fact]
    public async Task Durability_all_says_whether_every_voter_has_it()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var everywhere = Assert.IsType<Proposal.Done>(
            await leader.ProposeAsync(TestCluster.Put("a", "1"), Durability.All, Patience));
        Assert.True(everywhere.OnEveryVoter);
        Assert.All(cluster.Nodes, node => Assert.True(node.Status.LastIndex >= everywhere.Index));

        var stopped = cluster.Members.First(member => member != leader.Status.Self);
        await cluster.StopAsync(stopped.Id);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var elsewhere = Assert.IsType<Proposal.Done>(
            await leader.ProposeAsync(TestCluster.Put("a", "2"), Durability.All, patience.Token));
        Assert.False(elsewhere.OnEveryVoter);

        var later = leader.ProposeAsync(TestCluster.Put("a", "3"), Durability.All, Patience).AsTask();
        await cluster.StartAsync(stopped.Id);
        Assert.True(Assert.IsType<Proposal.Done>(await later).OnEveryVoter);
    }

    [Fact]
    public async Task Durability_leader_is_accepted_before_a_majority_has_it()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);

        // The majority may be quicker than the leader's own disk: then the answer is better than asked for.
        var (answer, proposals) = (await ProposeAsync(), 1);
        for (; answer is Proposal.Done; proposals++)
        {
            answer = await ProposeAsync();
        }

        await leader.WaitForAppliedAsync(Assert.IsType<Proposal.Accepted>(answer).Index, Patience);
        Assert.Equal(proposals, cluster.Rows(leader.Status.Self.Id).Applied.Revision);

        ValueTask<Proposal> ProposeAsync() => leader.ProposeAsync(TestCluster.Put("a", "1"), Durability.Leader, Patience);
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_refused_and_disturbs_nobody()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var stranger = cluster.Members.First(member => member != leader.Status.Self).Id;
        await cluster.StopAsync(stranger);
        await cluster.StartAsync(stranger, clusterId: 78);
        var held = cluster[stranger].Status.LastIndex;
        var term = leader.Status.Term;
        for (var at = 0; at < 20; at++)
        {
            await Done(leader, "a", $"{at}");
        }

        Assert.Equal((Role.Leader, term), (leader.Status.Role, leader.Status.Term));
        Assert.Equal(held, cluster[stranger].Status.LastIndex);
    }

    private static async ValueTask<Outcome> Done(ConsensusNode leader, string key, string value)
    {
        var proposal = await leader.ProposeAsync(TestCluster.Put(key, value), Durability.Quorum, Patience);
        return Assert.IsType<Proposal.Done>(proposal).Outcome;
    }
}
