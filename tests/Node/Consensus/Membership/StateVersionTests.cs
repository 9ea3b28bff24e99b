using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.Node.Consensus.Membership;

/// <summary>
/// Nodes of two versions, side by side. The older one applies entries of format 1 alone and speaks one protocol; the newer
/// one those of format 2 too, and one protocol more.
/// </summary>
public sealed class StateVersionTests
{
    private static readonly byte[] OfFormat1 = TestCluster.Put("a", "1");
    private static readonly byte[] OfFormat2 = EntryCodec.EncodeTransaction(Transaction.Of(new Operation.Get("kv", "a"u8.ToArray())));

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_newer_entry_is_proposed_until_every_member_can_apply_it()
    {
        await using var cluster = TestCluster.Make(3);
        await cluster.StartAsync("n1", with: Older);
        await cluster.StartAsync("n2", with: Older);
        await cluster.StartAsync("n3", with: Newer);
        await DoneAsync(cluster, OfFormat1);
        await TooNewAsync(cluster);

        // One after the other, as in an upgrade; the last one may be a learner.
        await cluster.ChangeAsync(new MemberChange.Alter("n1") { Role = MemberRole.Learner }, Patience);
        await RestartAsync(cluster, "n2", Newer);
        await SaidAsync(cluster, "n2", 2);
        await TooNewAsync(cluster);
        await RestartAsync(cluster, "n1", Newer);
        await UntilAsync(cluster, status => status.StateVersion == 2 && status.IsConfigurationCommitted);
        await DoneAsync(cluster, OfFormat2);

        // It stays so over restarts, and without anybody saying it again.
        await cluster.StopAsync("n2");
        await cluster.StartAsync("n2", with: Newer);
        Assert.Equal(2, cluster["n2"].Status.StateVersion);
    }

    [Fact]
    public async Task A_node_can_go_back_before_and_is_told_so_afterwards()
    {
        await using var cluster = TestCluster.Make(3);
        await cluster.StartAsync("n1", with: Older);
        await cluster.StartAsync("n2", with: Newer);
        await cluster.StartAsync("n3", with: Newer);
        await DoneAsync(cluster, OfFormat1);
        await RestartAsync(cluster, "n3", Older);
        await RestartAsync(cluster, "n1", Newer);
        await SaidAsync(cluster, "n3", 1);
        await TooNewAsync(cluster);
        await RestartAsync(cluster, "n3", Newer);
        await UntilAsync(cluster, status => status.StateVersion == 2 && status.IsConfigurationCommitted);
        await cluster["n3"].WaitForAppliedAsync((await cluster.LeaderAsync(Patience)).Status.Configuration, Patience);

        await cluster.StopAsync("n3");
        await Assert.ThrowsAsync<OperationCanceledException>(() => cluster.StartAsync("n3", with: Older));
        var (code, why) = await cluster.LastStop;
        Assert.Equal(ExitCode.DataFolder, code);
        Assert.Contains("the state version of the cluster is 2, and this version of n3 applies entries up to 1", why, StringComparison.Ordinal);
        await DoneAsync(cluster, OfFormat2);
    }

    [Fact]
    public async Task A_member_that_never_came_up_holds_it_back_until_it_is_removed()
    {
        await using var cluster = TestCluster.Make(1);
        await cluster.StartAsync("n1", with: Older);
        await cluster.ChangeAsync(new MemberChange.Add(TestCluster.NewMember("n2"), Promotion.Auto), Patience);
        await RestartAsync(cluster, "n1", Newer);
        await DoneAsync(cluster, OfFormat1);
        await TooNewAsync(cluster);
        Assert.Null((await cluster.LeaderAsync(Patience)).Status.Members.Single(member => member.Member.Id == "n2").StateVersion);

        await cluster.ChangeAsync(new MemberChange.Remove("n2"), Patience);
        await UntilAsync(cluster, status => status.StateVersion == 2);
        await DoneAsync(cluster, OfFormat2);
    }

    [Fact]
    public async Task Nodes_without_a_common_protocol_refuse_each_other_by_name()
    {
        await using var cluster = TestCluster.Make(3);
        await cluster.StartAsync("n1", with: Older);
        await cluster.StartAsync("n2", with: Newer);
        await cluster.StartAsync("n3", with: options => options with { Protocols = new ProtocolRange(5, 5) });
        await DoneAsync(cluster, OfFormat1);

        var member = cluster.Members.Single(member => member.Id == "n1");
        var identity = new PeerIdentity(77, "n3", new ProtocolRange(5, 5), 2, () => 0, (_, _) => { });
        using var link = new PeerLink(
            member,
            identity,
            new ConsensusOptions { Self = member, Members = cluster.Members, ClusterId = 77 },
            new PeerClocks(() => 3, TimeSpan.FromMinutes(1), TimeProvider.System, _ => { }, NullLogger.Instance),
            NullLogger.Instance);
        var refused = await Assert.ThrowsAsync<PeerUnavailableException>(() => link.ConfirmAsync(Patience).AsTask());
        Assert.Contains("n1 speaks protocol 4, and n3 protocol 5", refused.Message, StringComparison.Ordinal);
    }

    private static ConsensusOptions Older(ConsensusOptions options) =>
        options with { StateVersion = 1, FirstStateVersion = 1, Protocols = new ProtocolRange(4, 4) };

    private static ConsensusOptions Newer(ConsensusOptions options) =>
        options with { StateVersion = 2, FirstStateVersion = 1, Protocols = new ProtocolRange(4, 5) };

    private static async Task RestartAsync(TestCluster cluster, string id, Func<ConsensusOptions, ConsensusOptions> with)
    {
        await cluster.StopAsync(id);
        await cluster.StartAsync(id, with: with);
        await DoneAsync(cluster, OfFormat1);
    }

    private static async Task DoneAsync(TestCluster cluster, byte[] transaction)
    {
        while (true)
        {
            switch (await (await cluster.LeaderAsync(Patience)).ProposeAsync(transaction, Durability.Quorum, Patience))
            {
                case Proposal.Done:
                    return;
                case var other:
                    Assert.IsType<Proposal.NotLeader>(other);
                    break;
            }
        }
    }

    private static async Task TooNewAsync(TestCluster cluster)
    {
        while (true)
        {
            var answer = await (await cluster.LeaderAsync(Patience)).ProposeAsync(OfFormat2, Durability.Quorum, Patience);
            if (answer is not Proposal.NotLeader)
            {
                Assert.Equal(new Proposal.TooNew(Needed: 2, Current: 1), answer);
                return;
            }
        }
    }

    private static Task SaidAsync(TestCluster cluster, string id, int version) => UntilAsync(
        cluster, status => status.Members.Single(member => member.Member.Id == id).StateVersion == version);

    private static async Task UntilAsync(TestCluster cluster, Func<ConsensusStatus, bool> holds)
    {
        while (!holds((await cluster.LeaderAsync(Patience)).Status))
        {
            await Task.Delay(10, Patience);
        }
    }
}
