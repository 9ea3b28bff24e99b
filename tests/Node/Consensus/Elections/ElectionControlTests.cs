using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>The library's private parts that are reached, on the pinned version.</summary>
public sealed class ElectionControlTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_leader_heard_a_moment_ago_can_be_forgotten()
    {
        await using var cluster = await ScriptedCluster.LeadAsync(3);
        await cluster.HearOfNewLeaderAsync(cluster.LastIndex, payload: null, isCommitted: false);
        Assert.True(ElectionControl.HasHeard(cluster.Raft));

        ElectionControl.ForgetLeader(cluster.Raft);

        Assert.False(ElectionControl.HasHeard(cluster.Raft));
    }

    [Fact]
    public async Task A_follower_stands_at_once_and_keeps_its_timeout()
    {
        await using var cluster = await ScriptedCluster.LeadAsync(3);
        await cluster.HearOfNewLeaderAsync(cluster.LastIndex, payload: null, isCommitted: false);
        var usual = TimeSpan.FromSeconds(10);
        Assert.False(cluster.Raft.IsLeading);

        await cluster.Raft.StandAsync(Patience);

        await cluster.Raft.WaitForLeadershipAsync(Patience).WaitAsync(usual / 2, Patience);
        Assert.Equal(usual, ElectionControl.TimeoutOf(cluster.Raft));
    }

    /// <summary>The library resumes following when a sign of life arrives between the end of its timer and the election.</summary>
    [Fact]
    public async Task A_leader_that_hands_over_does_not_stop_its_heir_by_a_sign_of_life()
    {
        await using var cluster = await ScriptedCluster.LeadAsync(3);
        for (var round = 0; round < 200; round++)
        {
            await cluster.HearOfNewLeaderAsync(cluster.LastIndex, payload: null, isCommitted: false);
            var term = cluster.Raft.Term;
            var signs = Enumerable.Range(0, 4).Select(_ => Task.Run(
                async () =>
                {
                    while (cluster.Raft.Term == term)
                    {
                        await cluster.HearOfLeaderAsync(term);
                    }
                },
                Patience)).ToList();

            await cluster.Raft.TakeOverAsync(Patience);

            await Task.WhenAll(signs).WaitAsync(TimeSpan.FromSeconds(5), Patience);
            await cluster.Raft.WaitForLeadershipAsync(Patience).WaitAsync(TimeSpan.FromSeconds(5), Patience);
        }
    }

    [Fact]
    public async Task A_leader_that_is_told_to_stand_goes_on_leading()
    {
        await using var cluster = await ScriptedCluster.LeadAsync(3);
        var term = cluster.LeaderTerm;

        await cluster.Raft.StandAsync(Patience);

        Assert.True(cluster.Raft.LeadsWithCommit);
        Assert.Equal(term, cluster.LeaderTerm);
    }
}
