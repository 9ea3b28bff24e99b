using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>Who may stand by an operator's will, and a leader whose process ends.</summary>
public sealed class OperatorTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_manual_failover_nobody_stands_until_one_is_told_to()
    {
        await using var cluster = await TestCluster.StartAsync(3, options => options with { Failover = FailoverMode.Manual });
        Assert.IsType<LeadershipResult.Done>(await cluster["n2"].FailOverAsync(Patience));
        var leader = await cluster.LeaderAsync(Patience);
        Assert.Equal("n2", leader.Status.Self.Id);
        await DoneAsync(leader, "a");
        Assert.Contains("n2 leads", Assert.IsType<LeadershipResult.Refused>(await cluster["n3"].FailOverAsync(Patience)).Why, StringComparison.Ordinal);

        // Without what n2 acknowledged, n3 could not be elected by n1, which may have it alone.
        await cluster["n3"].WaitForRevisionAsync(1, Patience);
        var terms = cluster.Nodes.Max(node => node.Status.Term);
        await cluster.StopAsync("n2");
        foreach (var node in cluster.Nodes)
        {
            // They find out that it is gone, and leave it at that.
            while (node.Status.Leader is { } gone)
            {
                await node.WaitForChangeAsync(gone, TimeSpan.FromMilliseconds(50), Patience);
            }
        }

        Assert.All(cluster.Nodes, node => Assert.Equal((Role.Follower, terms), (node.Status.Role, node.Status.Term)));
        Assert.IsType<LeadershipResult.Done>(await cluster["n3"].FailOverAsync(Patience));
        await cluster["n3"].WaitForRevisionAsync(1, Patience);
        await DoneAsync(cluster["n3"], "b");
    }

    [Fact]
    public async Task With_manual_failover_a_leader_can_hand_over()
    {
        await using var cluster = await TestCluster.StartAsync(3, options => options with { Failover = FailoverMode.Manual });
        Assert.IsType<LeadershipResult.Done>(await cluster["n1"].FailOverAsync(Patience));

        Assert.IsType<LeadershipResult.Done>(await cluster["n1"].HandOverAsync("n3", Patience));

        await DoneAsync(cluster["n3"], "a");
    }

    [Fact]
    public async Task A_node_that_is_told_to_stand_and_is_behind_is_not_elected()
    {
        await using var cluster = await TestCluster.StartAsync(3, options => options with { Failover = FailoverMode.Manual });
        Assert.IsType<LeadershipResult.Done>(await cluster["n1"].FailOverAsync(Patience));
        await cluster.StopAsync("n3");
        await DoneAsync(cluster["n1"], "a");
        await cluster.StopAsync("n1");
        await cluster.StartAsync("n3");
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        soon.CancelAfter(TimeSpan.FromSeconds(3));

        var refused = Assert.IsType<LeadershipResult.Refused>(await cluster["n3"].FailOverAsync(soon.Token));

        Assert.Contains("n2 disagrees", refused.Why, StringComparison.Ordinal);
        Assert.IsType<LeadershipResult.Done>(await cluster["n2"].FailOverAsync(Patience));
        await cluster["n3"].WaitForRevisionAsync(1, Patience);
    }

    [Fact]
    public async Task A_drained_leader_hands_over_and_does_not_lead_again_until_it_is_undrained()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var id = leader.Status.Self.Id;

        var done = Assert.IsType<LeadershipResult.Done>(await leader.DrainAsync(drained: true, Patience));

        Assert.NotEqual(id, done.Leader!.Id);
        Assert.True(leader.Status.IsDrained);
        var next = await cluster.LeaderAsync(Patience);
        Assert.Contains("is drained", Assert.IsType<LeadershipResult.Refused>(await next.HandOverAsync(id, Patience)).Why, StringComparison.Ordinal);
        Assert.Contains("leads", Assert.IsType<LeadershipResult.Refused>(await leader.FailOverAsync(Patience)).Why, StringComparison.Ordinal);

        // It votes and replicates: with the leader gone the third node is elected by its vote, and only that one can be.
        await cluster.StopAsync(id);
        await cluster.StartAsync(id);
        Assert.True(cluster[id].Status.IsDrained);
        var gone = next.Status.Self.Id;
        await cluster.StopAsync(gone);
        var third = await cluster.LeaderAsync(Patience);
        Assert.DoesNotContain(third.Status.Self.Id, new[] { id, gone });
        await DoneAsync(third, "a");
        await cluster[id].WaitForRevisionAsync(1, Patience);

        Assert.IsType<LeadershipResult.Done>(await cluster[id].DrainAsync(drained: false, Patience));
        Assert.IsType<LeadershipResult.Done>(await third.HandOverAsync(id, Patience));
        Assert.False(cluster[id].Status.IsDrained);
        await DoneAsync(cluster[id], "b");
    }

    [Fact]
    public async Task The_last_node_that_can_lead_is_not_drained()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        foreach (var other in cluster.Nodes.Where(node => node != leader))
        {
            Assert.IsType<LeadershipResult.Done>(await other.DrainAsync(drained: true, Patience));
        }

        Assert.Contains("is drained", Assert.IsType<LeadershipResult.Refused>(await leader.DrainAsync(drained: true, Patience)).Why, StringComparison.Ordinal);

        Assert.False(leader.Status.IsDrained);
        await DoneAsync(leader, "a");
    }

    [Fact]
    public async Task When_only_drained_nodes_are_left_one_leads_until_another_can()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var id = leader.Status.Self.Id;
        foreach (var other in cluster.Nodes.Where(node => node != leader))
        {
            Assert.IsType<LeadershipResult.Done>(await other.DrainAsync(drained: true, Patience));
        }

        await cluster.StopAsync(id);

        // Not at once, for an operator asked for it; but not never, either.
        var next = await cluster.LeaderAsync(Patience);
        Assert.True(next.Status.IsDrained);
        while (await next.ProposeAsync(TestCluster.Put("a", "1"), Durability.Quorum, Patience) is not Proposal.Done)
        {
            // It asks the other one to take over from time to time, and takes nothing while it waits for the answer.
            await next.WaitForChangeAsync(next.Status.Leader, TimeSpan.FromMilliseconds(20), Patience);
            next = await cluster.LeaderAsync(Patience);
        }

        await cluster.StartAsync(id);
        while ((await cluster.LeaderAsync(Patience)).Status.Self.Id != id)
        {
            await cluster[id].WaitForChangeAsync(cluster[id].Status.Leader, TimeSpan.FromMilliseconds(50), Patience);
        }

        Assert.True(next.Status.IsDrained);
        await DoneAsync(cluster[id], "b");
    }

    /// <summary>The timeouts are so long that an election by them would be a hang.</summary>
    [Fact]
    public async Task A_leader_whose_process_ends_is_replaced_long_before_the_election_timeout()
    {
        await using var cluster = await TestCluster.StartAsync(3, options => options with { ElectionTimeout = TimeSpan.FromMinutes(30) });
        Assert.IsType<LeadershipResult.Done>(await cluster["n1"].FailOverAsync(Patience));
        await DoneAsync(cluster["n1"], "a");
        foreach (var node in cluster.Nodes)
        {
            await node.WaitForRevisionAsync(1, Patience);
        }

        // Nobody is told: its connections close, and its address refuses new ones.
        await cluster.StopAsync("n1");

        var next = await cluster.LeaderAsync(Patience);
        Assert.NotEqual("n1", next.Status.Self.Id);
        await DoneAsync(next, "b");
    }

    private static async Task DoneAsync(ConsensusNode leader, string key) =>
        Assert.IsType<Proposal.Done>(await leader.ProposeAsync(TestCluster.Put(key, "1"), Durability.Quorum, Patience));
}
