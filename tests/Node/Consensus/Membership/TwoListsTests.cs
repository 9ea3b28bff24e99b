using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Tests.Node.Consensus.StockDefects;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

namespace RaftCluster.Tests.Node.Consensus.Membership;

/// <summary>
/// The library counts by a list of members that is replaced a moment before or after the log has the entry. Whatever it
/// counts, the log's newest configuration decides.
/// </summary>
public sealed class TwoListsTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_majority_of_the_members_of_a_moment_ago_has_is_not_committed()
    {
        await using var nodes = await ScriptedCluster.LeadAsync(3);
        var (third, rounds) = (new TaskCompletionSource(), 0);
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        nodes.Peers["n3"].OnAppend = async request =>
        {
            await third.Task;
            return nodes.Peers["n3"].Take(request);
        };
        var (index, committed) = nodes.Propose(voters: 5);
        nodes.Peers["n2"].OnAppend = request =>
        {
            var taken = nodes.Peers["n2"].Take(request);
            if (nodes.Peers["n2"].LastIndex >= index && ++rounds > 5)
            {
                more.TrySetResult();
            }

            return Task.FromResult(taken);
        };

        // n1 and n2 are two of the three that the library counts, and two of the five that the entry names.
        await more.Task.WaitAsync(Patience);
        Assert.True(nodes.Progress.Committed < index);
        Assert.False(committed.IsCompleted);
        third.SetResult();
        await committed.WaitAsync(Patience);
        Assert.True(nodes.Progress.Committed >= index);
    }

    [Fact]
    public async Task A_configuration_that_another_leader_replaces_counts_no_more()
    {
        await using var nodes = await ScriptedCluster.LeadAsync(3);
        var before = nodes.Newest;
        var held = new TaskCompletionSource();
        nodes.Hold(held.Task);
        var (index, committed) = nodes.Propose(voters: 4);
        Assert.Equal((index, 4), (nodes.Newest.Index, nodes.Newest.Configuration.Members.Length));

        await nodes.HearOfNewLeaderAsync(index - 1, ScriptedCluster.Payload("a"), isCommitted: true);
        held.SetResult();
        Assert.Equal(before, nodes.Newest);
        await Assert.ThrowsAsync<NotLeaderException>(() => committed.WaitAsync(Patience));
    }

    [Fact]
    public async Task An_election_won_by_the_members_of_a_moment_ago_is_void()
    {
        // Two of three vote for n1, and the library counts three. By n1's log there are five.
        await using var nodes = ScriptedCluster.Make(3);
        nodes.Hold(voters: 5, term: 1);
        nodes.Peers["n3"].Votes = false;
        var voided = nodes.Voided;
        await nodes.StandAsync();
        await voided.WaitAsync(Patience);
        Assert.Equal(1, nodes.LastIndex);
        Assert.False(nodes.Raft.LeadsWithCommit);

        // With a third vote it is an election.
        nodes.Peers["n3"].Votes = true;
        await nodes.Raft.FollowAnewAsync();
        await nodes.Raft.StandAsync(Patience);
        await nodes.Raft.WaitForLeadershipAsync(Patience);
        Assert.True(nodes.Raft.LeadsWithCommit);
    }

    [Fact]
    public async Task A_candidate_that_is_no_member_yet_is_judged_by_its_log_and_a_vote_is_kept_by_name()
    {
        var voter = await OurFollower.StartAsync(isLoyal: false);
        Assert.True(await voter.TakeAsync(3, 0, 0, Follower.Entries(1, 3, "a", "b")));
        voter = await voter.RestartAsync();
        Assert.False(await voter.VoteAsync("n9", 4, 1, 3), "its log is shorter");
        Assert.True(await voter.VoteAsync("n9", 4, 2, 3));
        Assert.False(await voter.VoteAsync("n8", 4, 2, 3), "one vote a term");
        voter = await voter.RestartAsync();
        Assert.True(await voter.VoteAsync("n9", 4, 2, 3), "it has this vote already");
        Assert.False(await voter.VoteAsync("n2", 4, 2, 3));
        await voter.DisposeAsync();
    }
}
