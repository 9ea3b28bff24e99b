using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>
/// Ways that are cut in one direction. The question before an election and the leader's check of its majority, both always
/// on, are what these hold together.
/// </summary>
public sealed class PartitionTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_follower_that_hears_and_can_not_speak_deposes_nobody() =>
        LeaderStaysAsync((network, follower) => network.Mute(follower));

    [Fact]
    public Task A_follower_that_speaks_and_can_not_hear_deposes_nobody() =>
        LeaderStaysAsync((network, follower) => network.Deafen(follower));

    [Fact]
    public Task A_leader_that_can_not_be_heard_is_replaced_and_steps_down() =>
        LeaderGoesAsync((network, leader) => network.Mute(leader));

    [Fact]
    public Task A_leader_that_can_not_hear_is_replaced_and_steps_down() =>
        LeaderGoesAsync((network, leader) => network.Deafen(leader));

    /// <summary>
    /// With two left that count, a pause of either deposes the leader by right: longer than those of a busy machine.
    /// </summary>
    private static readonly TimeSpan _electionTimeout = TimeSpan.FromSeconds(2);

    /// <summary>While it is cut off, the follower comes to know no leader, asks for votes again and again, and its term stays.</summary>
    private static async Task LeaderStaysAsync(Action<OneWayNetwork, string> cut)
    {
        await using var cluster = TestCluster.Make(3);
        cluster.Tune = options => options with { ElectionTimeout = _electionTimeout };
        await using var network = await OneWayNetwork.StartAsync(cluster);
        var leader = await cluster.LeaderAsync(Patience);
        var (id, term) = (leader.Status.Self.Id, leader.Status.Term);
        await DoneAsync(leader, "before");
        var follower = cluster.Nodes.First(node => node != leader);

        cut(network, follower.Status.Self.Id);
        while (follower.Status.Leader is not null)
        {
            await follower.WaitForChangeAsync(follower.Status.Leader, TimeSpan.FromMilliseconds(50), Patience);
        }

        // As many writes as take several election timeouts, each of which needs the majority.
        for (var (at, begun) = (0, DateTime.UtcNow); DateTime.UtcNow - begun < _electionTimeout * 3; at++)
        {
            await DoneAsync(leader, $"during {at}");
        }

        Assert.Equal((Role.Leader, term), (leader.Status.Role, leader.Status.Term));
        Assert.Equal(term, follower.Status.Term);

        network.Mend();
        Assert.Equal(id, (await follower.WaitForLeaderAsync(Patience)).Id);
        await DoneAsync(leader, "after");
        await follower.WaitForRevisionAsync(cluster.Rows(id).Applied.Revision, Patience);
        Assert.Equal((Role.Leader, term), (leader.Status.Role, leader.Status.Term));
    }

    private static async Task LeaderGoesAsync(Action<OneWayNetwork, string> cut)
    {
        await using var cluster = TestCluster.Make(3);
        await using var network = await OneWayNetwork.StartAsync(cluster);
        var old = await cluster.LeaderAsync(Patience);
        var (id, term) = (old.Status.Self.Id, old.Status.Term);
        await DoneAsync(old, "before");

        cut(network, id);
        var next = await cluster.OtherLeaderAsync(id, Patience);
        Assert.True(next.Status.Term > term);
        await DoneAsync(next, "during");

        // By its own count of who answers, or since it hears of the other one.
        while (old.Status.Role == Role.Leader)
        {
            await old.WaitForChangeAsync(old.Status.Self, TimeSpan.FromMilliseconds(50), Patience);
        }

        Assert.IsType<Proposal.NotLeader>(await old.ProposeAsync(TestCluster.Put("late", "1"), Durability.Quorum, Patience));
        network.Mend();
        await old.WaitForRevisionAsync(cluster.Rows(next.Status.Self.Id).Applied.Revision, Patience);
    }

    private static async Task DoneAsync(ConsensusNode leader, string key) =>
        Assert.IsType<Proposal.Done>(await leader.ProposeAsync(TestCluster.Put(key, "1"), Durability.Quorum, Patience));
}
