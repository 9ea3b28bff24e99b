using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>A node that was away gets all it missed.</summary>
public sealed class CatchUpTests : ClusterTests
{
    private const int Rows = 200_000;
    private const int Connections = 96;
    private static readonly TimeSpan CatchUpBound = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_follower_that_missed_200_000_rows_catches_up()
    {
        var leader = await Cluster.LeaderAsync();
        var away = Cluster.Others(leader).First();
        Assert.Equal(0, await away.StopAsync());

        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i <= Rows; i = Interlocked.Increment(ref next))
            {
                var result = await WriteResult.OfAsync(leader, $"row/{i:D6}", $"value {i}");
                Assert.True(result is WriteResult.Acknowledged { Version: 1 }, $"row {i}: {result}");
            }
        })));

        away.Start();
        await Cluster.SameStateAsync(Rows, CatchUpBound);
        await away.ReadyAsync();

        var count = await away.Client.SendAsync(
            HttpMethod.Get, "/v1/kv?prefix=row/&count=true", body: null, ("Raft-Consistency", "local"));
        Assert.Equal(Rows, count.Json.GetProperty("count").GetInt64());
        var last = await away.Client.GetAsync($"row/{Rows:D6}", ("Raft-Consistency", "local"));
        Assert.Equal($"value {Rows}", last.Text);
    }
}
