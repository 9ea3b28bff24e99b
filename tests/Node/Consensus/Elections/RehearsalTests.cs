using RaftCluster.Node.Consensus.Rehearsals;
using RaftCluster.Node.Diagnosis;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>What a node does before it matters.</summary>
public sealed class RehearsalTests
{
    [Fact]
    public async Task It_is_played_to_its_end()
    {
        var ring = new LogRing(TimeProvider.System);

        await Rehearsal.RunAsync(ring.CreateLogger("Node"), TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.Contains("rehearsed an election and a hand-over in ", Assert.Single(ring.Read(2)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_ends_when_the_node_stops()
    {
        var ring = new LogRing(TimeProvider.System);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await Rehearsal.RunAsync(ring.CreateLogger("Node"), TimeProvider.System, stop.Token);

        Assert.Empty(ring.Read(1));
    }
}
