using System.Globalization;
using RaftCluster.Client;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>A keyed write is sent until somebody knows what became of it, over leaders that die, and is done once.</summary>
public sealed class ExactlyOnceTests : ClusterTests
{
    private const int Clients = 4;
    private const int Rounds = 3;

    [Fact]
    public async Task Every_keyed_addition_is_done_once_while_leaders_are_killed()
    {
        using var stop = new CancellationTokenSource();
        var (done, replays) = (0, 0);
        var clients = Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            for (var at = 0; !stop.IsCancellationRequested; at++)
            {
                replays += await AddAsync($"{client}/{at}") ? 1 : 0;
                Interlocked.Increment(ref done);
            }
        })).ToArray();

        await KillLeadersAsync(() => Volatile.Read(ref done), atLeast: 50);
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        TestContext.Current.TestOutputHelper?.WriteLine($"{done} additions, {replays} of them answered from what was kept");
        Assert.Equal(done.ToString(CultureInfo.InvariantCulture), (await Cluster.Nodes[0].Client.GetAsync("n", ("Raft-Wait", "20s"))).Text);
    }

    [Fact]
    public async Task Every_gathered_put_is_done_once_while_leaders_are_killed()
    {
        using var stop = new CancellationTokenSource();
        using var client = new RaftClusterClient(new RaftClusterOptions
        {
            Endpoints = [.. Cluster.Nodes.Select(node => node.Settings.Http)],
            Patience = TestCluster.StartBound,
            GatherWrites = true,
        });
        var (done, replays) = (0, 0);
        var callers = Enumerable.Range(0, 32).Select(caller => Task.Run(async () =>
        {
            for (var at = 0; !stop.IsCancellationRequested; at++)
            {
                // A put that was done twice is of version 2.
                var result = await client.PutAsync($"g/{caller}/{at}", new byte[] { 1 }, cancellation: CancellationToken.None);
                Assert.Equal(1, Assert.IsType<PutResult.Written>(result).Version);
                Interlocked.Add(ref replays, result.Replayed ? 1 : 0);
                Interlocked.Increment(ref done);
            }
        })).ToArray();

        await KillLeadersAsync(() => Volatile.Read(ref done), atLeast: 500);
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        TestContext.Current.TestOutputHelper?.WriteLine($"{done} puts, {replays} of them answered from what was kept");
        Assert.Equal(done, await client.CountAsync(new RangeQuery { Prefix = "g/" }, cancellation: TestContext.Current.CancellationToken));
    }

    /// <summary>Kills one leader after the other, each when more was done since the last.</summary>
    private async Task KillLeadersAsync(Func<int> done, int atLeast)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var before = done();
            await Eventually.HoldsAsync("writes go on", TestCluster.StartBound, () => Task.FromResult(done() > before + atLeast));
            var leader = await Cluster.LeaderAsync();
            await leader.KillAsync();
            await Cluster.LeaderAsync();
            leader.Start();
            await Cluster.ReadyAsync();
        }
    }

    /// <summary>Adds one, on one node after the other, until it is known to be done.</summary>
    /// <returns>Whether it had been done by an earlier try.</returns>
    private async Task<bool> AddAsync(string key)
    {
        var tries = 0;
        var answer = await Eventually.HasAsync(
            $"the addition {key} is done",
            TestCluster.StartBound,
            async () =>
            {
                var node = Cluster.Nodes[tries++ % Cluster.Nodes.Count];
                try
                {
                    var answer = await node.Client.SendAsync(
                        HttpMethod.Post, "/v1/txn", """{"then":[{"op":"add","key":"n"}]}""", ("Idempotency-Key", key), ("Raft-Wait", "2s"));
                    Assert.True(answer.Status is 200 or 503 or 504, answer.ToString());
                    return answer.Status == 200 ? answer : null;
                }
                catch (HttpRequestException)
                {
                    // It died, or is not up yet.
                    return null;
                }
            });
        return answer.Headers.ContainsKey("Raft-Replayed");
    }
}
