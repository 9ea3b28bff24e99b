using System.Diagnostics;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>Without a majority nothing is promised, and nobody is kept waiting.</summary>
public sealed class NoQuorumTests : ClusterTests
{
    private const int Writes = 16;

    /// <summary>Far more than a busy machine needs on top of the wait asked for; reached only by a hang.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    private static readonly (string, string) Wait = ("Raft-Wait", "1s");

    [Fact]
    public async Task A_leader_without_followers_answers_in_time_and_never_guesses()
    {
        var leader = await Cluster.LeaderAsync();
        var ledger = new Ledger();
        ledger.Add("before", "1", await WriteResult.OfAsync(leader, "before", "1"));
        foreach (var follower in Cluster.Others(leader))
        {
            await follower.KillAsync();
        }

        await WriteAsync(leader, ledger, "at once");

        // Sooner or later it notices that it leads nobody, and then refuses without having tried.
        var round = 0;
        await Eventually.HoldsAsync(
            "the leader refuses writes since nobody leads",
            TestCluster.StartBound,
            async () =>
            {
                var key = $"later/{round++}";
                var answer = await leader.Client.PutAsync(key, "1", Wait);
                ledger.Add(key, "1", WriteResult.Of(answer));
                return answer is { Status: 503, Code: "no-leader", Outcome: "not-applied" };
            });
        await WriteAsync(leader, ledger, "then");

        var read = await leader.Client.GetAsync("before", Wait);
        Assert.True(read.Status == 503, read.ToString());
        var own = await leader.Client.GetAsync("before", ("Raft-Consistency", "local"));
        Assert.Equal("1", own.Text);

        Cluster.StartAll();
        await Cluster.ReadyAsync();
        await Audit.HoldsAsync(Cluster, ledger);
    }

    [Fact]
    public async Task A_write_for_every_voter_is_not_confirmed_while_one_is_away()
    {
        var leader = await Cluster.LeaderAsync();
        var away = Cluster.Others(leader).First();
        Assert.Equal(201, (await leader.Client.PutAsync("a", "1", ("Raft-Durability", "all"))).Status);
        await away.KillAsync();

        var answer = await leader.Client.PutAsync("b", "1", ("Raft-Durability", "all"), Wait);

        Assert.True(answer.Status == 504, answer.ToString());
        Assert.True(answer.Outcome is "applied" or "unknown", answer.ToString());
        away.Start();
        await Cluster.ReadyAsync();
        Assert.Equal(201, (await leader.Client.PutAsync("c", "1", ("Raft-Durability", "all"))).Status);
    }

    private static async Task WriteAsync(NodeProcess leader, Ledger ledger, string prefix)
    {
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Writes).Select(async i =>
        {
            var key = $"{prefix}/{i}";
            var result = await WriteResult.OfAsync(leader, key, "1", Wait);
            Assert.True(result is WriteResult.Refused or WriteResult.Unknown, $"{key}: {result}");
            ledger.Add(key, "1", result);
        }));
        Assert.True(Stopwatch.GetElapsedTime(begun) < Slack, $"writes without a majority took {Stopwatch.GetElapsedTime(begun)}");
    }
}
