using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>A node that is asked to stop leaves nothing behind and nobody waiting.</summary>
public sealed class StopTests : ClusterTests
{
    [Fact]
    public async Task Every_node_can_be_stopped_and_started_under_load()
    {
        var ledger = new Ledger();
        await using (var writers = Writers.Start(Cluster, ledger, "w", count: 4))
        {
            for (var i = 0; i < Cluster.Nodes.Count; i++)
            {
                // The leader each time: the hardest to miss.
                var leader = await Cluster.LeaderAsync();
                await writers.ProgressAsync(50);
                Assert.Equal(ExitCode.Ok, await leader.StopAsync());
                Assert.NotSame(leader, await Cluster.LeaderAsync());
                await writers.ProgressAsync(50);
                leader.Start();
                await leader.ReadyAsync();
            }
        }

        await Audit.HoldsAsync(Cluster, ledger);
    }
}
