using System.Diagnostics;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>A node that has missed something and hears of nobody says so rather than answering with old data.</summary>
public sealed class CutOffTests : ClusterTests
{
    /// <summary>Far more than a busy machine needs on top of the wait asked for; reached only by a hang.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    private static readonly (string, string) Wait = ("Raft-Wait", "1s");

    [Fact]
    public async Task A_follower_cut_off_answers_what_it_can_and_refuses_the_rest()
    {
        var leader = await Cluster.LeaderAsync();
        var cutOff = Cluster.Others(leader).First();
        var old = await leader.Client.PutAsync("key", "old");
        Assert.Equal(201, old.Status);
        await Cluster.SameStateAsync(old.Number("Raft-Revision"), TestCluster.StartBound);
        Assert.Equal(0, await cutOff.StopAsync());
        var renewed = await leader.Client.PutAsync("key", "new");
        Assert.Equal(200, renewed.Status);
        foreach (var other in Cluster.Others(cutOff))
        {
            await other.KillAsync();
        }

        // Alone it can't know that there is anything newer than its own disk has.
        cutOff.Start();
        await cutOff.LiveAsync();

        await AnswersOldAsync(cutOff, ("Raft-Consistency", "local"));
        await AnswersOldAsync(cutOff, ("Raft-Consistency", "session"), ("Raft-Session", old.Session), ("Raft-Fallback", "fail"));

        var missed = ("Raft-Session", renewed.Session);
        await RefusesAsync(cutOff, ["not-caught-up"], Wait, ("Raft-Consistency", "session"), missed, ("Raft-Fallback", "fail"));
        await RefusesAsync(cutOff, ["not-caught-up", "no-leader"], Wait, ("Raft-Consistency", "session"), missed);
        await RefusesAsync(cutOff, ["no-leader", "not-caught-up"], Wait);
        await RefusesAsync(cutOff, ["no-leader", "not-caught-up"], Wait, ("Raft-Fallback", "fail"));
        await RefusesAsync(
            cutOff, ["not-caught-up", "no-leader"], Wait, ("Raft-Consistency", "bounded"), ("Raft-Max-Staleness", "500ms"));
        await RefusesAsync(
            cutOff,
            ["not-caught-up"],
            Wait,
            ("Raft-Consistency", "bounded"),
            ("Raft-Max-Staleness", "500ms"),
            ("Raft-Fallback", "fail"));
        Assert.Equal(503, (await cutOff.Client.SendAsync(HttpMethod.Get, "/readyz", body: null)).Status);

        Cluster.StartAll();
        await Cluster.ReadyAsync();
        var caughtUp = await cutOff.Client.GetAsync("key", ("Raft-Consistency", "session"), missed, ("Raft-Fallback", "fail"));
        Assert.Equal("new", caughtUp.Text);
    }

    private static async Task AnswersOldAsync(NodeProcess node, params (string, string)[] headers)
    {
        var answer = await node.Client.GetAsync("key", headers);

        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal("old", answer.Text);
    }

    /// <summary>One row and a range: two ways to the same gate.</summary>
    private static async Task RefusesAsync(NodeProcess node, string[] codes, params (string, string)[] headers)
    {
        foreach (var target in new[] { NodeClient.Row("key"), "/v1/kv?prefix=" })
        {
            var begun = Stopwatch.GetTimestamp();
            var answer = await node.Client.SendAsync(HttpMethod.Get, target, body: null, headers);
            var asked = $"{target} {string.Join(", ", headers)}: {answer}";

            Assert.True(answer.Status == 503, asked);
            Assert.True(codes.Contains(answer.Code), asked);
            Assert.True(Stopwatch.GetElapsedTime(begun) < Slack, asked);
        }
    }
}
