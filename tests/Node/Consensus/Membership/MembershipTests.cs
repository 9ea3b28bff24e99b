using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Tests.Node.Consensus.Elections;

namespace RaftCluster.Tests.Node.Consensus.Membership;

/// <summary>Who belongs to a cluster, over real logs, rows and connections.</summary>
public sealed class MembershipTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_grows_from_one_node_to_five_and_shrinks_to_one()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var revision = 0L;
        foreach (var id in (string[])["n2", "n3", "n4", "n5"])
        {
            await cluster.JoinAsync(id, Promotion.Auto, Patience);
            await UntilVoterAsync(cluster, id);
            revision = await WriteAsync(cluster, 5, revision);
        }

        var everywhere = await (await cluster.LeaderAsync(Patience)).ProposeAsync(TestCluster.Put("all", "1"), Durability.All, Patience);
        Assert.True(Assert.IsType<Proposal.Done>(everywhere).OnEveryVoter);
        await AssertEqualAsync(cluster, ++revision);

        foreach (var id in (string[])["n1", "n3", "n5", "n2"])
        {
            await cluster.ChangeAsync(new MemberChange.Remove(id), Patience);
            Assert.Contains($"{id} was removed", await cluster[id].Removed.WaitAsync(Patience), StringComparison.Ordinal);
            await cluster.StopAsync(id);
            revision = await WriteAsync(cluster, 5, revision);
        }

        var last = await cluster.LeaderAsync(Patience);
        Assert.Equal("n4", Assert.Single(last.Status.Members).Member.Id);

        // And it is the whole cluster after a restart too, whatever it began with.
        await cluster.StopAsync("n4");
        await cluster.StartAsync("n4");
        await WriteAsync(cluster, 1, revision);
    }

    [Fact]
    public async Task Learners_get_everything_and_count_for_nothing()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await cluster.JoinAsync("n4", Promotion.Never, Patience);
        await cluster.JoinAsync("n5", Promotion.Never, Patience);
        var revision = await WriteAsync(cluster, 10, 0);
        await AssertEqualAsync(cluster, revision);
        Assert.Equal(Role.Learner, cluster["n5"].Status.Role);

        // Two of three voters are down: three of five members have what follows, and it is not committed.
        var leader = await cluster.LeaderAsync(Patience);
        foreach (var id in (string[])["n1", "n2", "n3"])
        {
            if (id != leader.Status.Self.Id)
            {
                await cluster.StopAsync(id);
            }
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var proposal = await leader.ProposeAsync(TestCluster.Put("a", "2"), Durability.Quorum, patience.Token);
        Assert.True(proposal is Proposal.Unknown or Proposal.NotLeader, $"{proposal}");
        Assert.Null(await leader.ConfirmLeadershipAsync(patience.Token));
        Assert.All(cluster.Nodes, node => Assert.NotEqual(Role.Leader, node.Status.Role));
        Assert.All(["n4", "n5", leader.Status.Self.Id], id => Assert.Equal(revision, cluster.Rows(id).Applied.Revision));
    }

    [Fact]
    public async Task A_learner_answers_reads_by_itself_once_the_leader_confirms()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await cluster.JoinAsync("n2", Promotion.Never, Patience);
        var written = Assert.IsType<Proposal.Done>(
            await cluster["n1"].ProposeAsync(TestCluster.Put("a", "1"), Durability.Quorum, Patience));
        var confirmation = await cluster["n2"].ConfirmLeadershipAsync(Patience);
        Assert.True(confirmation!.Value.Index >= written.Index);
        await cluster["n2"].WaitForAppliedAsync(written.Index, Patience);
        Assert.Equal(1, cluster.Rows("n2").Applied.Revision);
    }

    [Fact]
    public async Task A_leader_that_is_to_go_hands_over_and_the_next_one_removes_it()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var (id, term) = (leader.Status.Self.Id, leader.Status.Term);
        await UntilAsync(
            () => leader.Status.Members.All(member => member is { LastContact: not null } && member.MatchIndex == leader.Status.LastIndex),
            "it has heard of all others");
        Assert.IsType<MembershipAnswer.NotLeader>(await leader.ChangeMembersAsync(new MemberChange.Remove(id), Patience));
        await cluster.ChangeAsync(new MemberChange.Remove(id), Patience);
        await leader.Removed.WaitAsync(Patience);
        await cluster.StopAsync(id);
        var next = await cluster.LeaderAsync(Patience);
        Assert.NotEqual(id, next.Status.Self.Id);
        Assert.True(next.Status.Term > term);
        await WriteAsync(cluster, 3, 0);
    }

    [Fact]
    public async Task A_removed_node_that_did_not_hear_of_it_is_told_so_and_disturbs_nobody()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var gone = cluster.Members.First(member => member.Id != leader.Status.Self.Id).Id;
        await cluster.StopAsync(gone);
        await cluster.ChangeAsync(new MemberChange.Remove(gone), Patience);
        await WriteAsync(cluster, 3, 0);

        // Another node leads now, which never knew it as a member and would not call it.
        await leader.ResignAsync(Patience);
        leader = await cluster.LeaderAsync(Patience);
        var term = leader.Status.Term;

        // It knows the members of before, hears from no leader, and asks for votes.
        await cluster.StartAsync(gone);
        var told = await cluster[gone].Removed.WaitAsync(Patience);
        Assert.Contains($"{gone} was removed from the cluster: by entry", told, StringComparison.Ordinal);
        Assert.Equal((Role.Leader, term), (leader.Status.Role, leader.Status.Term));
        Assert.Equal(0, cluster.Rows(gone).Applied.Revision);
    }

    [Fact]
    public async Task A_member_that_never_came_up_can_be_removed()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await cluster.ChangeAsync(new MemberChange.Add(TestCluster.NewMember("n4"), Promotion.Auto), Patience);
        var leader = await cluster.LeaderAsync(Patience);
        Assert.Equal(MemberRole.Learner, leader.Status.Members.Single(member => member.Member.Id == "n4").Configured.Role);
        await cluster.ChangeAsync(new MemberChange.Remove("n4"), Patience);
        Assert.DoesNotContain(leader.Status.Members, member => member.Member.Id == "n4");
        await WriteAsync(cluster, 3, 0);
    }

    /// <summary>The timeouts are so long that nothing passes by itself: only what happens counts.</summary>
    [Fact]
    public async Task A_leader_of_a_moment_ago_waits_until_it_has_heard_of_those_who_count()
    {
        await using var cluster = TestCluster.Make(3);
        cluster.Tune = options => options with { ElectionTimeout = TimeSpan.FromMinutes(30) };
        await using var network = await OneWayNetwork.StartAsync(cluster);
        network.Cut("n3");
        Assert.IsType<LeadershipResult.Done>(await cluster["n1"].FailOverAsync(Patience));
        await WriteAsync(cluster["n1"], 1);
        var asked = cluster["n1"].ChangeMembersAsync(new MemberChange.Remove("n2"), Patience).AsTask();
        await WriteAsync(cluster["n1"], 10);
        Assert.False(asked.IsCompleted, "n3 may be well, and was not heard of yet");

        network.Mend();
        Assert.IsType<MembershipAnswer.Done>(await asked);
    }

    private static async Task WriteAsync(ConsensusNode leader, int count)
    {
        for (var at = 0; at < count; at++)
        {
            Assert.IsType<Proposal.Done>(await leader.ProposeAsync(TestCluster.Put($"k{at}", "1"), Durability.Quorum, Patience));
        }
    }

    [Fact]
    public async Task Changes_that_would_lose_the_quorum_are_refused_with_the_reason()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var others = cluster.Members.Where(member => member.Id != leader.Status.Self.Id).Select(member => member.Id).ToArray();
        await cluster.StopAsync(others[0]);
        await UntilAsync(
            () => leader.Status.Members.Single(member => member.Member.Id == others[0]).LastContact is null or { TotalSeconds: > 1 },
            "the silence is noticed");
        var refused = Assert.IsType<MembershipAnswer.Refused>(
            await leader.ChangeMembersAsync(new MemberChange.Remove(others[1]), Patience));
        Assert.Equal(MembershipRefusal.WouldLoseQuorum, refused.Reason);
        Assert.Contains($"of the 2 voters afterwards 2 would be needed, and only 1 is well; not so {others[0]}", refused.Detail, StringComparison.Ordinal);

        // The dead one may go: what is left is a majority of itself.
        await cluster.ChangeAsync(new MemberChange.Remove(others[0]), Patience);
        await WriteAsync(cluster, 3, 0);
    }

    [Fact]
    public async Task A_learner_that_waits_for_a_hand_is_promoted_by_one_and_demoted_again()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await cluster.JoinAsync("n2", Promotion.Manual, Patience);
        var promoted = await cluster.ChangeAsync(new MemberChange.Alter("n2") { Role = MemberRole.Voter }, Patience);
        Assert.Equal(2, promoted.Configuration.Voters.Count());
        await UntilAsync(() => cluster["n2"].Status.Role == Role.Follower, "it has a vote, and knows it");
        var revision = await WriteAsync(cluster, 3, 0);

        var demoted = await cluster.ChangeAsync(new MemberChange.Alter("n2") { Role = MemberRole.Learner }, Patience);
        Assert.Equal("n1", Assert.Single(demoted.Configuration.Voters).Id);
        await UntilAsync(() => cluster["n2"].Status.Role == Role.Learner, "it has no vote, and knows it");
        await cluster.StopAsync("n2");
        await WriteAsync(cluster, 3, revision);
    }

    [Fact]
    public async Task A_node_moves_to_another_address()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var id = cluster.Members.First(member => member.Id != leader.Status.Self.Id).Id;
        await cluster.StopAsync(id);
        var (from, to) = (cluster.Members.Single(member => member.Id == id), TestCluster.NewMember(id));
        await cluster.ChangeAsync(new MemberChange.Alter(id) { Url = to.Url, Peer = to.Peer }, Patience);
        await cluster.StartAsync(id, members: cluster.Members.Replace(from, to));
        var everywhere = await leader.ProposeAsync(TestCluster.Put("a", "1"), Durability.All, Patience);
        Assert.True(Assert.IsType<Proposal.Done>(everywhere).OnEveryVoter);
        Assert.Equal(to, cluster[id].Status.Self);
    }

    [Fact]
    public async Task A_node_joins_by_a_snapshot_and_knows_the_members_by_it_after_a_restart()
    {
        await using var cluster = await TestCluster.StartAsync(1, Often);
        await cluster.JoinAsync("n2", Promotion.Never, Patience);
        var revision = 0L;
        do
        {
            revision = await WriteAsync(cluster, 20, revision, size: 20_000);
        }
        while (cluster["n1"].Status.FirstIndex <= cluster["n1"].Status.Configuration);

        // The entry that made n2 a learner is in n1's log no more; n3 gets it with the rows.
        await cluster.JoinAsync("n3", Promotion.Auto, Patience);
        await UntilVoterAsync(cluster, "n3");
        await cluster["n3"].WaitForRevisionAsync(revision, Patience);
        Assert.True(cluster["n3"].Status.FirstIndex > 1, "its log begins behind the snapshot");
        foreach (var id in (string[])["n1", "n2", "n3"])
        {
            await cluster.StopAsync(id);
        }

        foreach (var id in (string[])["n1", "n2", "n3"])
        {
            await cluster.StartAsync(id);

            // The learner has what was committed when it was stopped: at least that it is one itself.
            Assert.Equal(id == "n2" ? ["n1", "n2 (learner)"] : ["n1", "n2 (learner)", "n3"], Names(cluster[id])[..(id == "n2" ? 2 : 3)]);
        }

        await UntilAsync(() => Names(cluster["n2"]) is ["n1", "n2 (learner)", "n3"], "the learner knows them all");
        revision = await WriteAsync(cluster, 5, revision);
        await AssertEqualAsync(cluster, revision);
    }

    [Fact]
    public async Task Adding_twice_is_adding_once_and_other_addresses_are_refused()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var member = TestCluster.NewMember("n2");
        var first = await cluster.ChangeAsync(new MemberChange.Add(member, Promotion.Manual), Patience);
        var again = Assert.IsType<MembershipAnswer.Done>(
            await cluster["n1"].ChangeMembersAsync(new MemberChange.Add(member, Promotion.Auto), Patience));
        Assert.Equal((first.Index, false), (again.Now.Index, again.Changed));
        var refused = Assert.IsType<MembershipAnswer.Refused>(
            await cluster["n1"].ChangeMembersAsync(new MemberChange.Add(TestCluster.NewMember("n2"), Promotion.Auto), Patience));
        Assert.Equal(MembershipRefusal.MemberExists, refused.Reason);
    }

    /// <summary>Cuts its log every second.</summary>
    private static ConsensusOptions Often(ConsensusOptions options) =>
        options with { SnapshotBytes = 1 << 20, SnapshotInterval = TimeSpan.FromSeconds(1), KeptLogBytes = 0 };

    private static string[] Names(ConsensusNode node) =>
        [.. node.Status.Members.Select(member => member.Configured.IsVoter ? member.Member.Id : $"{member.Member.Id} (learner)")];

    private static Task UntilVoterAsync(TestCluster cluster, string id) =>
        UntilAsync(() => cluster[id].Status.Role is Role.Follower or Role.Leader, $"{id} has a vote, and knows it");

    private static async Task<long> WriteAsync(TestCluster cluster, int count, long revision, int size = 1)
    {
        var value = new string('v', size);
        for (var written = 0; written < count;)
        {
            var leader = await cluster.LeaderAsync(Patience);
            switch (await leader.ProposeAsync(TestCluster.Put($"k{revision}", value), Durability.Quorum, Patience))
            {
                case Proposal.Done done:
                    Assert.Equal(++revision, done.Outcome.Revision);
                    written++;
                    break;
                case Proposal.NotLeader:
                    break;
                case var other:
                    Assert.Fail($"{other}");
                    break;
            }
        }

        return revision;
    }

    private static async Task AssertEqualAsync(TestCluster cluster, long revision)
    {
        foreach (var node in cluster.Nodes)
        {
            await node.WaitForRevisionAsync(revision, Patience);
        }

        Assert.Single(cluster.Nodes.Select(node => cluster.Rows(node.Status.Self.Id).Applied.StateHash).Distinct());
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            while (!condition())
            {
                await Task.Delay(10, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!Patience.IsCancellationRequested)
        {
            Assert.Fail($"it never came about that {what}");
        }
    }
}
