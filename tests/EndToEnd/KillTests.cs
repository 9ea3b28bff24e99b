using System.Diagnostics;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>Nothing that was acknowledged is lost, whatever is killed, and nothing is there twice.</summary>
public sealed class KillTests : ClusterTests
{
    private const int Clients = 8;
    private static readonly TimeSpan UnderFire = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_acknowledged_write_outlives_leaders_killed_again_and_again()
    {
        var ledger = new Ledger();
        var begun = Stopwatch.GetTimestamp();
        var kills = 0;
        await using (var writers = Writers.Start(Cluster, ledger, "w", Clients))
        {
            do
            {
                var leader = await Cluster.LeaderAsync();
                await writers.ProgressAsync(100);
                await leader.KillAsync();
                kills++;
                Assert.NotSame(leader, await Cluster.LeaderAsync());
                await writers.ProgressAsync(100);
                leader.Start();
                await leader.ReadyAsync();
                await writers.ProgressAsync(100);
            }
            while (Stopwatch.GetElapsedTime(begun) < UnderFire);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} leaders killed");
        Assert.True(kills >= 2, $"only {kills} leaders were killed in {UnderFire.TotalSeconds} s");
        await Cluster.ReadyAsync();
        await Audit.HoldsAsync(Cluster, ledger);
    }

    [Fact]
    public async Task Every_acknowledged_write_outlives_all_nodes_killed_at_once()
    {
        const int Rounds = 4;
        var ledger = new Ledger();
        await using (var writers = Writers.Start(Cluster, ledger, "w", Clients))
        {
            for (var round = 0; round < Rounds; round++)
            {
                await writers.ProgressAsync(300);
                await Cluster.RestartAllAsync();
            }

            await writers.ProgressAsync(100);
        }

        await Audit.HoldsAsync(Cluster, ledger);
    }

    [Fact]
    public async Task Every_acknowledged_write_outlives_all_nodes_when_only_a_majority_comes_back()
    {
        var ledger = new Ledger();
        NodeProcess absent;
        await using (var writers = Writers.Start(Cluster, ledger, "w", Clients))
        {
            await writers.ProgressAsync(300);
            absent = await Cluster.LeaderAsync();
            await TestCluster.KillAsync(Cluster.Nodes);
            foreach (var node in Cluster.Others(absent))
            {
                node.Start();
            }

            // What the old leader alone still has must give way to what the majority goes on with.
            await Cluster.LeaderAsync();
            await writers.ProgressAsync(100);
        }

        absent.Start();
        await Cluster.ReadyAsync();
        await Audit.HoldsAsync(Cluster, ledger);
    }
}
