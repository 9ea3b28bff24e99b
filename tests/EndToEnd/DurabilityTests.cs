using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>What a write that waits for less may lose, which is why it is answered 202.</summary>
public sealed class DurabilityTests : ClusterTests
{
    [Fact]
    public async Task A_write_on_the_leaders_disk_alone_is_lost_when_another_leads_and_leaves_no_trace()
    {
        var (leader, round) = (await Cluster.LeaderAsync(), 0);
        await leader.Client.PutAsync("before", "1");
        while (!await AcceptsAloneAsync(leader, $"alone {round}"))
        {
            // It noticed that it leads nobody before the write came: another round.
            Cluster.StartAll();
            await Cluster.ReadyAsync();
            (leader, round) = (await Cluster.LeaderAsync(), round + 1);
        }

        await leader.KillAsync();
        foreach (var follower in Cluster.Others(leader))
        {
            follower.Start();
        }

        var next = await Cluster.LeaderAsync();
        Assert.Equal(404, (await next.Client.GetAsync($"alone {round}")).Status);
        Assert.Equal("1", (await next.Client.GetAsync("before")).Text);
        var after = await next.Client.PutAsync("after", "2");
        Assert.Equal(201, after.Status);

        leader.Start();
        await Cluster.ReadyAsync();
        await Cluster.SameStateAsync(after.Number("Raft-Revision"), TestCluster.StartBound);
        Assert.Equal(404, (await leader.Client.GetAsync($"alone {round}", ("Raft-Consistency", "local"))).Status);
    }

    /// <summary>Kills all others and writes for the leader's disk alone.</summary>
    private async Task<bool> AcceptsAloneAsync(NodeProcess leader, string key)
    {
        foreach (var follower in Cluster.Others(leader))
        {
            await follower.KillAsync();
        }

        return (await leader.Client.PutAsync(key, "1", ("Raft-Durability", "leader"), ("Raft-Wait", "1s"))).Status == 202;
    }
}
