using System.Diagnostics;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>Giving the leadership away, and keeping it when nobody can take it.</summary>
public sealed class HandOverTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_chosen_node_leads_and_nothing_is_lost_under_load()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var load = new Load(cluster);
        var gaps = new List<double>();
        for (var round = 0; round < 6; round++)
        {
            await load.ProgressAsync(50, Patience);
            var leader = await cluster.LeaderAsync(Patience);
            var heir = cluster.Members.Where(member => member != leader.Status.Self).ElementAt(round % 2);
            var term = leader.Status.Term;
            var begun = Stopwatch.GetTimestamp();

            Assert.Equal(heir, Assert.IsType<LeadershipResult.Done>(await leader.HandOverAsync(heir.Id, Patience)).Leader);

            gaps.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            Assert.Equal(heir, leader.Status.Leader);
            Assert.Equal(term + 1, leader.Status.Term);
        }

        await load.ProgressAsync(50, Patience);
        await load.StopAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"hand-overs took {string.Join(", ", gaps.Select(gap => $"{gap:0.0}"))} ms");
        Assert.Equal(0, load.Unknown);
        foreach (var member in cluster.Members)
        {
            await cluster[member.Id].WaitForRevisionAsync(load.Done, Patience);
            Assert.Equal(load.Done, cluster.Rows(member.Id).Applied.Revision);
        }

        Assert.Single(cluster.Members.Select(member => cluster.Rows(member.Id).Applied.StateHash).Distinct());
    }

    [Fact]
    public async Task A_node_that_is_down_or_unknown_is_refused_by_name_and_writes_go_on()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var gone = cluster.Members.First(member => member != leader.Status.Self).Id;
        await cluster.StopAsync(gone);
        var term = leader.Status.Term;

        Assert.Contains(gone, await RefusedAsync(leader, gone), StringComparison.Ordinal);
        Assert.Contains("no voter", await RefusedAsync(leader, "n9"), StringComparison.Ordinal);

        await DoneAsync(leader, "a");
        Assert.Equal((Role.Leader, term), (leader.Status.Role, leader.Status.Term));
    }

    [Fact]
    public async Task A_node_that_hears_nothing_is_refused_and_writes_go_on()
    {
        await using var cluster = TestCluster.Make(3);
        await using var network = await OneWayNetwork.StartAsync(cluster);
        var leader = await cluster.LeaderAsync(Patience);
        var deaf = cluster.Nodes.First(node => node != leader).Status.Self.Id;
        var term = leader.Status.Term;
        network.Deafen(deaf);
        await DoneAsync(leader, "a");

        Assert.Contains(deaf, await RefusedAsync(leader, deaf), StringComparison.Ordinal);

        await DoneAsync(leader, "b");
        Assert.Equal((Role.Leader, term), (leader.Status.Role, leader.Status.Term));
    }

    [Fact]
    public async Task Two_at_once_are_done_one_after_the_other()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        ConsensusNode leader;
        LeadershipResult[] results;
        do
        {
            leader = await cluster.LeaderAsync(Patience);
            var heirs = cluster.Members.Where(member => member != leader.Status.Self).ToArray();
            results = await Task.WhenAll(heirs.Select(heir => leader.HandOverAsync(heir.Id, Patience).AsTask()));
        }
        while (Array.TrueForAll(results, result => result is LeadershipResult.Refused)); // Too busy for an election in time.

        var done = Assert.Single(results.OfType<LeadershipResult.Done>());
        Assert.Single(results, result => result is not LeadershipResult.Done);
        Assert.Equal(done.Leader, (await leader.WaitForLeaderAsync(Patience)));
    }

    [Fact]
    public async Task To_itself_is_done_already()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var term = leader.Status.Term;

        Assert.IsType<LeadershipResult.Done>(await leader.HandOverAsync(leader.Status.Self.Id, Patience));

        Assert.Equal((Role.Leader, term), (leader.Status.Role, leader.Status.Term));
    }

    [Fact]
    public async Task A_follower_has_nothing_to_hand_over()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var follower = cluster.Nodes.First(node => node != leader);

        Assert.IsType<LeadershipResult.NotLeader>(await follower.HandOverAsync(follower.Status.Self.Id, Patience));
    }

    private static async Task<string> RefusedAsync(ConsensusNode leader, string heir) =>
        Assert.IsType<LeadershipResult.Refused>(await leader.HandOverAsync(heir, Patience)).Why;

    private static async Task DoneAsync(ConsensusNode leader, string key) =>
        Assert.IsType<Proposal.Done>(await leader.ProposeAsync(TestCluster.Put(key, "1"), Durability.Quorum, Patience));
}
