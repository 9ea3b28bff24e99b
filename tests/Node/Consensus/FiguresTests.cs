using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;
using RaftCluster.Tests.EndToEnd.Cluster;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.Node.Consensus;

/// <summary>What agreement counts as it goes: elections, leaders, proposals by their end, how long things took, and who is behind.</summary>
public sealed class FiguresTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly Dictionary<string, ConsensusMeasures> _measures = [];
    private readonly Counts _took = new();

    [Fact]
    public async Task A_leader_counts_its_proposals_and_knows_how_far_the_others_are_behind()
    {
        await using var cluster = await StartAsync();
        var leader = await cluster.LeaderAsync(Cancellation);
        var (me, other) = (leader.Status.Self.Id, cluster.Members.Select(member => member.Id).First(id => id != leader.Status.Self.Id));
        await PutAsync(leader, 5);
        await Eventually.HoldsAsync(
            "all are there", TimeSpan.FromSeconds(20), () => Task.FromResult(leader.Figures.Lags.All(lag => lag is { Entries: 0, Bytes: 0, Age.Ticks: 0 })));
        Assert.Equal((3, 2), (leader.Figures.VotersInContact, leader.Figures.Lags.Count));

        await cluster.StopAsync(other);
        await PutAsync(leader, 3);

        var lag = Assert.Single(leader.Figures.Lags, lag => lag.Member == other);
        Assert.Equal(3, lag.Entries);
        Assert.True(lag.Bytes > 3 * 20, $"{lag}");
        Assert.InRange(lag.Age, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        Assert.All(leader.Figures.Lags.Where(lag => lag.Member != other), lag => Assert.Equal(0, lag.Entries));
        await Eventually.HoldsAsync("it is missed", TimeSpan.FromSeconds(20), () => Task.FromResult(leader.Figures.VotersInContact == 2));
        Assert.Equal(8, _measures[me].Proposals[(int)ProposalEnd.Done].Count);
        Assert.True(leader.Figures.LogBytes > 8 * 20);
        Assert.Equal(leader.Status.LastIndex, leader.Figures.SyncedIndex);
    }

    [Fact]
    public async Task Each_node_counts_the_leaders_it_sees_and_what_it_is_told_of_them()
    {
        await using var cluster = await StartAsync();
        var first = await cluster.LeaderAsync(Cancellation);
        await PutAsync(first, 1);
        Assert.Equal(1, _measures[first.Status.Self.Id].LeaderChanges.Count);
        Assert.InRange(_measures[first.Status.Self.Id].Elections.Count, 1, 100);
        await Eventually.HoldsAsync(
            "the entry's times are told",
            TimeSpan.FromSeconds(20),
            () => Task.FromResult(_took is { Commits: >= 1 and <= 100, Applies: >= 1 and <= 1000 }));
        await Eventually.HoldsAsync(
            "the others compared their rows with the leader's",
            TimeSpan.FromSeconds(20),
            () => Task.FromResult(_measures.All(node => node.Key == first.Status.Self.Id || node.Value.StatesCompared.Count > 0)));
        await Eventually.HoldsAsync("both peers answered", TimeSpan.FromSeconds(20), () => Task.FromResult(_took.RoundTrips > 4));

        await cluster.StopAsync(first.Status.Self.Id);
        var second = await cluster.LeaderAsync(Cancellation);

        var measures = _measures[second.Status.Self.Id];
        Assert.True(measures.LeaderChanges.Count >= 2, $"{measures.LeaderChanges.Count} leaders were seen");
        Assert.IsType<Proposal.NotLeader>(await cluster.Nodes.Single(node => node != second).ProposeAsync(
            EntryCodec.EncodeTransaction(Put("x", "1")), Durability.Quorum, Cancellation));
        Assert.Equal(1, _measures.Values.Sum(node => node.Proposals[(int)ProposalEnd.NotLeader].Count));
    }

    [Fact]
    public async Task Nodes_tell_the_same_hash_of_the_same_entry()
    {
        await using var cluster = await StartAsync();
        var leader = await cluster.LeaderAsync(Cancellation);
        Assert.Equal(0, leader.Figures.StateCheckIndex);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PutAsync(leader, 160)));
        while (leader.Status.LastIndex < ConsensusFigures.StateCheckEvery)
        {
            await PutAsync(leader, 10);
        }

        await Eventually.HoldsAsync(
            "all have applied that entry", TimeSpan.FromSeconds(20), () => Task.FromResult(cluster.Nodes.All(node => node.Figures.StateCheckIndex > 0)));
        var told = cluster.Nodes.Select(node => (node.Figures.StateCheckIndex, node.Figures.StateCheckHash)).Distinct();
        var (index, hash) = Assert.Single(told);
        Assert.Equal(ConsensusFigures.StateCheckEvery, index);
        Assert.InRange(hash, 1, 1L << 48);
    }

    private async Task<TestCluster> StartAsync() => await TestCluster.StartAsync(3, options =>
    {
        var measures = new ConsensusMeasures
        {
            CommitTook = _ => Interlocked.Increment(ref _took.Commits),
            ApplyTook = _ => Interlocked.Increment(ref _took.Applies),
            RoundTripsOf = _ => _ => Interlocked.Increment(ref _took.RoundTrips),
        };
        _measures[options.Self.Id] = measures;
        return options with { Measures = measures };
    });

    private static async Task PutAsync(ConsensusNode leader, int count)
    {
        for (var at = 0; at < count; at++)
        {
            Assert.IsType<Proposal.Done>(await leader.ProposeAsync(
                EntryCodec.EncodeTransaction(Put($"k{at}", "value")), Durability.Quorum, Cancellation));
        }
    }

    private sealed class Counts
    {
        public long Commits;
        public long Applies;
        public long RoundTrips;
    }
}
