using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>The leadership goes round under load, and nothing that was acknowledged is lost, nor anything unknown.</summary>
public sealed class LeadershipTests : ClusterTests
{
    [Fact]
    public async Task It_is_handed_over_from_node_to_node_under_load()
    {
        var ledger = new Ledger();
        await using (var writers = Writers.Start(Cluster, ledger, "w", count: 8))
        {
            for (var round = 0; round < 9; round++)
            {
                var heir = Cluster.Nodes[round % Cluster.Nodes.Count];
                var asked = Cluster.Nodes[(round + 1) % Cluster.Nodes.Count];
                await writers.ProgressAsync(100);

                // On a busy machine an election may take longer than a leader waits for it: then nothing has happened.
                Answer answer;
                do
                {
                    answer = await asked.Client.SendAsync(HttpMethod.Post, "/v1/cluster/leader", $"{{\"to\":\"{heir.Id}\"}}");
                }
                while (answer is { Status: 409, Code: "leader-not-changed", Outcome: "not-applied" });

                Assert.True(answer.Status == 200, answer.ToString());
                Assert.Equal(heir.Id, answer.Json.GetProperty("leader").GetProperty("id").GetString());
            }

            await writers.ProgressAsync(100);
        }

        Assert.DoesNotContain(ledger.Entries, entry => entry.Result is WriteResult.Unknown or WriteResult.Fault);
        await Audit.HoldsAsync(Cluster, ledger);
    }

    [Fact]
    public async Task A_paused_node_is_refused_by_name_and_the_leader_goes_on()
    {
        var leader = await Cluster.LeaderAsync();
        var paused = Cluster.Others(leader).First();
        paused.Pause();

        var answer = await leader.Client.SendAsync(HttpMethod.Post, "/v1/cluster/leader", $"{{\"to\":\"{paused.Id}\"}}");

        Assert.True(answer is { Status: 409, Code: "leader-not-changed" }, answer.ToString());
        Assert.Contains(paused.Id, answer.Json.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        Assert.InRange((await leader.Client.PutAsync("a", "1")).Status, 200, 201);
        paused.Resume();
        await Cluster.ReadyAsync();
        Assert.InRange((await paused.Client.PutAsync("a", "2")).Status, 200, 201);
    }

    [Fact]
    public async Task A_drained_node_stays_so_over_a_restart()
    {
        var ledger = new Ledger();
        var drained = await Cluster.LeaderAsync();
        await using (var writers = Writers.Start(Cluster, ledger, "w", count: 4))
        {
            await writers.ProgressAsync(50);
            var answer = await Cluster.Others(drained).First().Client.SendAsync(HttpMethod.Post, "/v1/cluster/drain", $"{{\"node\":\"{drained.Id}\"}}");
            Assert.True(answer.Status == 200, answer.ToString());
            Assert.NotSame(drained, await Cluster.LeaderAsync());
            await writers.ProgressAsync(50);
            await drained.StopAsync();
            drained.Start();
            await Eventually.HoldsAsync(
                "the drained node says that it is",
                TestCluster.StartBound,
                async () => await drained.ViewAsync() is not null
                    && await drained.Client.GetAsync("a") is not null
                    && (await drained.Client.SendAsync(HttpMethod.Get, "/readyz", null)) is { Status: 503 } ready
                    && ready.Text == "[-]drained: this node is drained for maintenance\nreadyz failed\n");
            Assert.Equal(200, (await drained.Client.SendAsync(HttpMethod.Post, "/v1/cluster/undrain", "{}")).Status);
            await drained.ReadyAsync();
            await writers.ProgressAsync(50);
        }

        await Audit.HoldsAsync(Cluster, ledger);
    }
}
