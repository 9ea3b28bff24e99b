using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>A leader that slept through its own deposition must not speak for the cluster when it wakes.</summary>
public sealed class StaleLeaderTests : ClusterTests
{
    private const int Rounds = 5;
    private const int Probes = 8;

    [Fact]
    public async Task A_deposed_leader_that_wakes_never_answers_with_old_data()
    {
        var answered = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var old = await Cluster.LeaderAsync();
            Assert.InRange((await old.Client.PutAsync("key", $"old {round}")).Status, 200, 201);
            old.Pause();
            var next = await Cluster.LeaderAsync();
            Assert.NotSame(old, next);
            var written = await next.Client.PutAsync("key", $"new {round}");
            Assert.True(written.Status == 200, written.ToString());

            // These wait at its door while it sleeps; it may well look at them before it hears of the new leader.
            var probes = await ProbesAsync(old, written.Session);
            old.Resume();
            foreach (var probe in probes)
            {
                using (probe)
                {
                    var (status, body) = await probe.AnswerAsync();
                    Assert.True(status is 200 or 503 or 504, $"{status} {body}");
                    Assert.True(status != 200 || body.Contains($"new {round}", StringComparison.Ordinal), $"old data: {body}");
                    answered += status == 200 ? 1 : 0;
                }
            }

            await Cluster.ReadyAsync();
            Assert.Equal($"new {round}", (await old.Client.GetAsync("key")).Text);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{answered} probes were answered, the others refused");
    }

    private static async Task<List<RawRequest>> ProbesAsync(NodeProcess node, string session)
    {
        var probes = new List<RawRequest>();
        for (var i = 0; i < Probes; i++)
        {
            probes.Add(await RawRequest.SendAsync(node, "/v1/kv/key"));
            probes.Add(await RawRequest.SendAsync(node, "/v1/kv?prefix=key", ("Raft-Consistency", "linearizable")));
            probes.Add(await RawRequest.SendAsync(node, "/v1/kv/key", ("Raft-Fallback", "fail")));
            probes.Add(await RawRequest.SendAsync(node, "/v1/kv/key", ("Raft-Consistency", "session"), ("Raft-Session", session)));

            // The new value was written after the pause began, longer ago than this for certain: an election came between.
            probes.Add(await RawRequest.SendAsync(
                node, "/v1/kv/key", ("Raft-Consistency", "bounded"), ("Raft-Max-Staleness", "1ms")));
        }

        return probes;
    }
}
