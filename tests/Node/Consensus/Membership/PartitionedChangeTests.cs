using System.Text;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Tests.Node.Consensus.Elections;

namespace RaftCluster.Tests.Node.Consensus.Membership;

/// <summary>A node is cut off in the middle of a change of the members, while writes go on: none that was acknowledged is lost.</summary>
public sealed class PartitionedChangeTests
{
    /// <summary>Who waits longer at a node that leads no more tries the next one.</summary>
    private static readonly TimeSpan WriterPatience = TimeSpan.FromSeconds(1);

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_leader_is_cut_off_while_it_adds_a_member()
    {
        await using var cluster = TestCluster.Make(3);
        await using var network = await OneWayNetwork.StartAsync(cluster);
        await using var load = new Load(cluster, WriterPatience);
        await load.ProgressAsync(50, Patience);
        var old = await cluster.LeaderAsync(Patience);
        var added = new MemberChange.Add(TestCluster.NewMember("n4"), Promotion.Manual);

        // It may or may not be in the others' logs by now: both are right, and nobody was told that it is done.
        network.Mute(old.Status.Self.Id);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        var asked = old.ChangeMembersAsync(added, patience.Token).AsTask();
        network.Cut(old.Status.Self.Id);
        var next = await cluster.OtherLeaderAsync(old.Status.Self.Id, Patience);
        Assert.True(next.Status.Term > old.Status.Term || old.Status.Role != Role.Leader);
        await load.ProgressAsync(50, Patience);
        Assert.DoesNotContain(next.Status.Members, member => member.Member.Id == "n4");
        await UntilDoneAsync(() => next.ChangeMembersAsync(added, Patience));
        await load.ProgressAsync(50, Patience);

        network.Mend();
        await patience.CancelAsync();
        Assert.IsNotType<MembershipAnswer.Done>(await asked);
        await AuditAsync(cluster, load);
        Assert.All(cluster.Nodes, node => Assert.Equal(4, node.Status.Members.Length));
    }

    [Fact]
    public async Task The_leader_is_cut_off_while_it_removes_a_member()
    {
        await using var cluster = TestCluster.Make(5);
        await using var network = await OneWayNetwork.StartAsync(cluster);
        await using var load = new Load(cluster, WriterPatience);
        await load.ProgressAsync(50, Patience);
        var old = await cluster.LeaderAsync(Patience);
        var gone = cluster.Members.Last(member => member.Id != old.Status.Self.Id).Id;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        var asked = old.ChangeMembersAsync(new MemberChange.Remove(gone), patience.Token).AsTask();
        network.Cut(old.Status.Self.Id);

        var next = await cluster.OtherLeaderAsync(old.Status.Self.Id, Patience);
        await load.ProgressAsync(50, Patience);
        await RemoveAsync(cluster, gone, except: old);
        await load.ProgressAsync(50, Patience);
        network.Mend();
        await cluster[gone].Removed.WaitAsync(Patience);
        await cluster.StopAsync(gone);
        await patience.CancelAsync();
        await asked;
        await AuditAsync(cluster, load);
        Assert.All(cluster.Nodes, node => Assert.Equal(4, node.Status.Members.Length));
        Assert.NotEqual(old.Status.Self.Id, next.Status.Self.Id);
    }

    [Fact]
    public async Task The_member_that_is_added_is_cut_off_and_counts_for_nothing_until_it_is_back()
    {
        await using var cluster = TestCluster.Make(3);
        await using var network = await OneWayNetwork.StartAsync(cluster);
        await using var load = new Load(cluster, WriterPatience);
        await load.ProgressAsync(50, Patience);
        network.Cut("n4");
        await cluster.JoinAsync("n4", Promotion.Auto, Patience, network.Route("n4"));
        await load.ProgressAsync(200, Patience);
        var leader = await cluster.OtherLeaderAsync("n4", Patience);
        Assert.Equal(MemberRole.Learner, Configured(leader, "n4")!.Role);
        Assert.IsType<MembershipAnswer.Refused>(
            await leader.ChangeMembersAsync(new MemberChange.Alter("n4") { Role = MemberRole.Voter }, Patience));

        network.Mend();
        while (Configured(await cluster.OtherLeaderAsync("n4", Patience), "n4") is not { IsVoter: true })
        {
            await Task.Delay(10, Patience);
        }

        await load.ProgressAsync(50, Patience);
        await AuditAsync(cluster, load);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_member_that_is_removed_is_cut_off_and_disturbs_nobody_when_it_is_back(bool hears)
    {
        await using var cluster = TestCluster.Make(3);
        await using var network = await OneWayNetwork.StartAsync(cluster);
        await using var load = new Load(cluster, WriterPatience);
        await load.ProgressAsync(50, Patience);
        var leader = await cluster.LeaderAsync(Patience);
        var gone = cluster.Members.First(member => member.Id != leader.Status.Self.Id).Id;
        if (hears)
        {
            network.Mute(gone);
        }
        else
        {
            network.Cut(gone);
        }

        // On a busy machine another may come to lead before that: from then on nobody may.
        await RemoveAsync(cluster, gone, except: cluster[gone]);
        leader = await cluster.OtherLeaderAsync(gone, Patience);
        var term = leader.Status.Term;
        await load.ProgressAsync(200, Patience);

        network.Mend();
        Assert.Contains($"{gone} was removed", await cluster[gone].Removed.WaitAsync(Patience), StringComparison.Ordinal);
        await load.ProgressAsync(50, Patience);
        Assert.Equal((Role.Leader, term), (leader.Status.Role, leader.Status.Term));
        await cluster.StopAsync(gone);
        await AuditAsync(cluster, load);
    }

    private static ConfiguredMember? Configured(ConsensusNode node, string id) =>
        node.Status.Members.FirstOrDefault(member => member.Member.Id == id)?.Configured;

    private static async Task RemoveAsync(TestCluster cluster, string gone, ConsensusNode except)
    {
        while (true)
        {
            var leader = await cluster.OtherLeaderAsync(except.Status.Self.Id, Patience);
            if (Configured(leader, gone) is null && leader.Status.IsConfigurationCommitted)
            {
                return;
            }

            // The one to be removed may lead: it hands over first.
            await leader.ChangeMembersAsync(new MemberChange.Remove(gone), Patience);
            await Task.Delay(10, Patience);
        }
    }

    private static async Task UntilDoneAsync(Func<ValueTask<MembershipAnswer>> change)
    {
        while (true)
        {
            var answer = await change();
            if (answer is MembershipAnswer.Done)
            {
                return;
            }

            Assert.IsType<MembershipAnswer.Refused>(answer);
            await Task.Delay(10, Patience);
        }
    }

    /// <summary>All are at the same rows in the end, and each acknowledged write is among them.</summary>
    private static async Task AuditAsync(TestCluster cluster, Load load)
    {
        await load.StopAsync();
        Assert.True(load.Done > 0, "something was written");
        var leader = await cluster.LeaderAsync(Patience);
        var confirmed = await leader.ConfirmLeadershipAsync(Patience);
        foreach (var id in cluster.Running)
        {
            await cluster[id].WaitForAppliedAsync(confirmed!.Value.Index, Patience);
            using var rows = cluster.Rows(id).Read();
            Assert.All(load.Keys, key => Assert.NotNull(rows.Get("kv", Encoding.UTF8.GetBytes(key), rows.Position.Revision)));
        }

        Assert.Single(cluster.Running.Select(id => cluster.Rows(id).Applied.StateHash).Distinct());
        Assert.InRange(cluster.Rows(leader.Status.Self.Id).Applied.Revision, load.Done, load.Done + load.Unknown);
    }
}
