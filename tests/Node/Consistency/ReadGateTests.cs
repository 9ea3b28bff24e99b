using RaftCluster.Node.Consistency;
using RaftCluster.Tests.Node.Http;

namespace RaftCluster.Tests.Node.Consistency;

/// <summary>The gate itself, over a leader and a follower that is cut off when the test says so.</summary>
public sealed class ReadGateTests
{
    private static readonly CancellationToken _over = new(canceled: true);

    [Fact]
    public async Task A_local_read_passes_at_once()
    {
        await using var pair = await PairAsync();
        pair.Follower.Consensus.IsCutOff = true;

        Assert.Equal(Passage.Open, await pair.Gate.OpenAsync(new ReadTerms(ReadConsistency.Local, 0, default), _over));
    }

    [Fact]
    public async Task A_session_passes_when_its_revision_is_here_and_not_before()
    {
        await using var pair = await PairAsync();
        await pair.Leader.PutAsync("a", "v");
        pair.Follower.Consensus.IsCutOff = true;
        await pair.Leader.PutAsync("a", "w");

        Assert.Equal(Passage.Open, await pair.Gate.OpenAsync(new ReadTerms(ReadConsistency.Session, 1, default), _over));
        Assert.Equal(Passage.NotCaughtUp, await pair.Gate.OpenAsync(new ReadTerms(ReadConsistency.Session, 2, default), _over));

        var waiting = pair.Gate.OpenAsync(new ReadTerms(ReadConsistency.Session, 2, default), CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        pair.Follower.Consensus.Reconnect();
        Assert.Equal(Passage.Open, await waiting);
    }

    [Fact]
    public async Task A_linearizable_read_needs_a_proof_of_its_own()
    {
        await using var pair = await PairAsync();
        Assert.Equal(Passage.Open, await pair.Gate.OpenAsync(default, CancellationToken.None));
        pair.Follower.Consensus.IsCutOff = true;

        Assert.Equal(Passage.NoLeader, await pair.Gate.OpenAsync(default, _over));
    }

    [Fact]
    public async Task A_bounded_read_lives_on_an_older_proof_within_its_bound()
    {
        await using var pair = await PairAsync();
        await pair.Gate.ConfirmAsync(CancellationToken.None);
        pair.Follower.Consensus.IsCutOff = true;

        Assert.Equal(Passage.Open, await pair.Gate.OpenAsync(
            new ReadTerms(ReadConsistency.Bounded, 0, TimeSpan.FromHours(1)), _over));
        Assert.Equal(Passage.NoLeader, await pair.Gate.OpenAsync(
            new ReadTerms(ReadConsistency.Bounded, 0, TimeSpan.Zero), _over));
    }

    private static async Task<Pair> PairAsync()
    {
        var (leader, follower) = await TestNode.PairAsync();
        return new Pair(leader, follower, new ReadGate(follower.Consensus, follower.Store, new Freshness(TimeProvider.System)));
    }

    private sealed record Pair(TestNode Leader, TestNode Follower, ReadGate Gate) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Follower.DisposeAsync();
            await Leader.DisposeAsync();
        }
    }
}
