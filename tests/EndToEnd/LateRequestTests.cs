using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>
/// A follower that slept wakes to requests that have been waiting at its door: what it acknowledges from then on, it keeps.
/// </summary>
public sealed class LateRequestTests : ClusterTests
{
    private const int Rounds = 3;
    private const int Writes = 60;
    private const int AtOnce = 12;

    [Fact]
    public async Task Nothing_acknowledged_vanishes_when_a_paused_follower_wakes_to_old_requests()
    {
        var ledger = new Ledger();
        for (var round = 0; round < Rounds; round++)
        {
            var leader = await Cluster.LeaderAsync();
            var sleeper = Cluster.Others(leader).First();
            var other = Cluster.Others(leader).Last();

            // The first of these finds the follower in the middle of the traffic; the leader keeps calling all the while.
            var asleep = WriteAsync(ledger, leader, $"{round}/asleep");
            sleeper.Pause();
            await asleep;
            var waking = WriteAsync(ledger, leader, $"{round}/waking");
            sleeper.Resume();
            await waking;

            // From here on nothing is acknowledged without the sleeper, and then it alone has it.
            await other.KillAsync();
            await WriteAsync(ledger, leader, $"{round}/relying");
            await leader.KillAsync();
            other.Start();
            Assert.NotSame(leader, await Cluster.LeaderAsync());
            leader.Start();
            await Cluster.ReadyAsync();
        }

        Assert.True(ledger.Acknowledged >= Rounds * Writes, $"{ledger}");
        await Audit.HoldsAsync(Cluster, ledger);
    }

    private static Task WriteAsync(Ledger ledger, NodeProcess node, string keys) =>
        Parallel.ForEachAsync(
            Enumerable.Range(0, Writes),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (at, _) =>
            {
                var (key, value) = ($"{keys}/{at}", $"value {at}");
                ledger.Add(key, value, await WriteResult.OfAsync(node, key, value));
            });
}
