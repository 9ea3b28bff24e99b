using System.Net;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

/// <summary>Members at addresses that nobody calls.</summary>
internal static class Members
{
    /// <summary>n1, n2, ….</summary>
    public static Member[] Of(int count) =>
    [
        .. Enumerable.Range(1, count).Select(number => new Member(
            $"n{number}", new Uri($"http://127.0.0.1:{number + 100}"), new IPEndPoint(IPAddress.Loopback, number))),
    ];

    /// <summary>The configuration that these members begin with, as a node knows it.</summary>
    public static ConfigurationStore Configured(IEnumerable<Member> members, SimulatedDisk disk)
    {
        disk.CreateFolder("/members");
        var store = ConfigurationStore.Open(disk, "/members", (code, why) => throw new InvalidOperationException($"{code}: {why}"));
        store.Begin(ConfigurationAt.Initial(members));
        return store;
    }

    /// <summary>The members as n1 calls them: none answers but by the links given.</summary>
    public static PeerTable Table(
        ConsensusOptions options, Func<Member, IPeerLink?> linkTo, Func<long> term, Action<long, string>? granted = null)
    {
        var election = new Election(
            new Candidacy(FailoverMode.Automatic, () => true, () => true, TimeProvider.System), new Polls(() => options.Members.Length));
        return new PeerTable(member => new PeerMember(
            member, member == options.Self ? null : linkTo(member) ?? new ScriptedPeer(), term, () => default, options, TimeProvider.System)
        {
            Granted = granted,
            Election = election,
        });
    }
}
