using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>Connections are made ready to whoever is a member now, however the cluster began.</summary>
public sealed class ReadyLinksTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_that_come_later_and_learners_are_prepared_for_too()
    {
        var members = Members.Of(3);
        var links = members.Skip(1).ToDictionary(member => member.Id, _ => new ScriptedPeer());
        var options = new ConsensusOptions { Self = members[0], Members = [members[0]], ClusterId = 1, ElectionTimeout = TimeSpan.FromMilliseconds(50) };
        var table = Members.Table(options, member => links.GetValueOrDefault(member.Id), () => 1);
        table.Take(table.Under(ClusterConfiguration.Initial([members[0]])));
        await using var ready = new ReadyLinks(table, options);
        ready.Start();

        table.Take(table.Under(ClusterConfiguration.Initial([members[0], members[1]])));
        await links["n2"].Prepared.Task.WaitAsync(Patience);
        Assert.False(links["n3"].Prepared.Task.IsCompleted, "it is no member yet");

        var learner = new ConfiguredMember(members[2], MemberRole.Learner, Promotion.Never);
        table.Take(table.Under(ClusterConfiguration.Initial([members[0], members[1]]).With(learner)));
        await links["n3"].Prepared.Task.WaitAsync(Patience);
    }
}
