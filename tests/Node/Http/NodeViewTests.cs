using Microsoft.Extensions.Logging;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Diagnosis;

namespace RaftCluster.Tests.Node.Http;

/// <summary>What a node says of itself.</summary>
public sealed class NodeViewTests
{
    [Fact]
    public async Task It_tells_its_settings_and_how_far_back_it_remembers()
    {
        await using var node = await TestNode.LeaderAsync(options => options with
        {
            ElectionTimeout = TimeSpan.FromMilliseconds(700),
            KeepRevisions = 5,
            StatedValues = [("election-timeout", "700ms"), ("auth-token", "hunter2"), ("tls-key", "/etc/hunter2"), ("idempotency-keys", "9")],
        });
        await node.PutAsync("a", "1");

        var answer = await node.GetAsync("/v1/node");

        var json = answer.Json;
        Assert.Equal(("n1", 4, 700), (json.GetProperty("node").GetString(), json.GetProperty("protocol").GetInt32(), json.GetProperty("electionTimeoutMs").GetDouble()));
        Assert.Equal((86_400_000, 5), (json.GetProperty("keepHistoryMs").GetInt64(), json.GetProperty("keepRevisions").GetInt64()));
        Assert.Equal(1, json.GetProperty("history").GetProperty("revision").GetInt64());
        Assert.InRange(json.GetProperty("now").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Equal(
            ["auth-token=(hidden)", "election-timeout=700ms", "idempotency-keys=9", "tls-key=(hidden)"],
            json.GetProperty("options").EnumerateObject().Select(option => $"{option.Name}={option.Value}").Order());
        Assert.DoesNotContain("hunter2", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/node?x=1", "x")]
    [InlineData("/v1/node/log?lines=0", "lines")]
    [InlineData("/v1/node/log?lines=2001", "lines")]
    [InlineData("/v1/node/log?lines=x", "lines")]
    [InlineData("/v1/node/log?line=1", "line")]
    public async Task What_is_wrong_is_named(string target, string field)
    {
        await using var node = await TestNode.LeaderAsync();
        var answer = await node.GetAsync(target);
        Assert.Equal((400, field), (answer.Status, answer.Field));
    }

    [Theory]
    [InlineData("data", false)]
    [InlineData("idempotency-keys", false)]
    [InlineData("keep-history", false)]
    [InlineData("auth-token", true)]
    [InlineData("tokens-file", true)]
    [InlineData("tls-key", true)]
    [InlineData("tls-key-password", true)]
    [InlineData("client-secret", true)]
    public void An_option_whose_name_speaks_of_a_secret_is_hidden(string name, bool hidden) =>
        Assert.Equal(hidden ? ShownOptions.Hidden : "x", ShownOptions.Show(name, "x"));

    [Fact]
    public void The_newest_lines_are_kept_and_no_more()
    {
        using var ring = new LogRing(TimeProvider.System);
        var logger = ring.CreateLogger("RaftCluster.Node.Test");
        for (var line = 0; line < LogRing.Kept + 10; line++)
        {
            logger.Log(LogLevel.Warning, default, line, null, (state, _) => $"line {state}\nof two");
        }

        logger.Log(LogLevel.Error, default, new string('x', 10_000), null, (state, _) => state);

        var lines = ring.Read(int.MaxValue);
        Assert.Equal(LogRing.Kept, lines.Count);
        Assert.Contains("warn  Test: line 11", lines[0], StringComparison.Ordinal);
        Assert.True(lines[^1].Length < 3000);
        Assert.Equal(lines.TakeLast(2), ring.Read(2));
    }

    [Fact]
    public void Of_the_last_times_the_median_and_the_high_ones_are_told()
    {
        var window = new LatencyWindow();
        Assert.Null(window.Read());
        for (var ms = 1; ms <= 3000; ms++)
        {
            window.Add(TimeSpan.FromMilliseconds(ms));
        }

        var latency = window.Read()!;
        Assert.Equal(3000, latency.Count);
        Assert.InRange(latency.Median.TotalMilliseconds, 2480, 2500);
        Assert.InRange(latency.High.TotalMilliseconds, 2980, 2995);
        Assert.Equal(3000, latency.Longest.TotalMilliseconds);
    }
}
