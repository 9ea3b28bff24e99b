using System.Text.Json;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

public sealed class StatusTests
{
    [Fact]
    public async Task The_members_that_only_a_node_knows_are_shown_too_and_one_that_is_away_is_named()
    {
        await using var one = await FakeNode.StartAsync();
        await using var two = await FakeNode.StartAsync();
        var gone = await FakeNode.StartAsync();
        var away = gone.Url;
        await gone.DisposeAsync();
        var members = $$"""[{"id":"n1","url":"{{one.Url}}"},{"id":"n2","url":"{{two.Url}}"},{"id":"n3","url":"{{away}}"}]""";
        _ = one.On("GET", "/v1/cluster", 200, View("n1", "leader", commit: 50, applied: 50, "aa", members));
        _ = two.On("GET", "/v1/cluster", 200, View("n2", "follower", commit: 48, applied: 41, "bb", members, revision: 33));
        var (table, json) = (new Prompt { Endpoints = one.Url }, new Prompt { Endpoints = one.Url });

        Assert.Equal(ExitCodes.Ok, await table.RunAsync("status"));
        Assert.Contains("n3 is unreachable", table.Error, StringComparison.Ordinal);
        Assert.Contains("leader", table.Out, StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Ok, await json.RunAsync("status", "--json"));
        using var said = JsonDocument.Parse(json.Out);
        Assert.Equal("n1", said.RootElement.GetProperty("leader").GetString());
        var nodes = said.RootElement.GetProperty("nodes").EnumerateArray().ToArray();
        Assert.Equal(["n1", "n2", "n3"], nodes.Select(node => node.GetProperty("id").GetString()));
        Assert.Equal(9, nodes[1].GetProperty("lag").GetInt64());
        Assert.False(nodes[2].GetProperty("reachable").GetBoolean());
    }

    [Fact]
    public async Task Different_versions_are_told_with_the_state_version_of_the_cluster()
    {
        await using var one = await FakeNode.StartAsync();
        await using var two = await FakeNode.StartAsync();
        string Of(string node, string role, string version, int own) => View(node, role, 50, 50, "aa", "[]")
            .Replace("\"members\"", $"\"version\":\"{version}\",\"stateVersion\":2,\"ownStateVersion\":{own},\"members\"", StringComparison.Ordinal);
        _ = one.On("GET", "/v1/cluster", 200, Of("n1", "leader", "1.0.0", 2));
        _ = two.On("GET", "/v1/cluster", 200, Of("n2", "follower", "1.1.0", 3));
        var (mixed, same, json) = (new Prompt(), new Prompt { Endpoints = one.Url }, new Prompt());

        Assert.Equal(ExitCodes.Ok, await mixed.RunAsync("status", "--endpoints", $"{one.Url},{two.Url}"));
        Assert.Contains(
            "the nodes run different versions: n1 1.0.0 (applies state version 2), n2 1.1.0 (applies state version 3); the cluster's state version is 2",
            mixed.Error,
            StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Ok, await same.RunAsync("status"));
        Assert.Empty(same.Error);

        Assert.Equal(ExitCodes.Ok, await json.RunAsync("status", "--json", "--endpoints", $"{one.Url},{two.Url}"));
        Assert.Empty(json.Error);
        using var said = JsonDocument.Parse(json.Out);
        Assert.Equal(
            ["1.0.0 2 2", "1.1.0 2 3"],
            said.RootElement.GetProperty("nodes").EnumerateArray().Select(node =>
                $"{node.GetProperty("version")} {node.GetProperty("stateVersion")} {node.GetProperty("ownStateVersion")}"));
    }

    [Fact]
    public async Task Without_a_leader_it_is_4()
    {
        await using var one = await FakeNode.StartAsync();
        _ = one.On("GET", "/v1/cluster", 200, View("n1", "candidate", 5, 5, "aa", "[]"));
        var prompt = new Prompt { Endpoints = one.Url };

        Assert.Equal(ExitCodes.Unavailable, await prompt.RunAsync("status"));
        Assert.Contains("no reachable node leads", prompt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Different_hashes_at_one_revision_are_8()
    {
        await using var one = await FakeNode.StartAsync();
        await using var two = await FakeNode.StartAsync();
        _ = one.On("GET", "/v1/cluster", 200, View("n1", "leader", 50, 50, "aa", "[]"));
        _ = two.On("GET", "/v1/cluster", 200, View("n2", "follower", 50, 50, "bb", "[]"));
        var prompt = new Prompt();

        Assert.Equal(ExitCodes.ReplicasDiffer, await prompt.RunAsync("status", "--endpoints", $"{one.Url},{two.Url}"));
        Assert.Contains("different state hashes", prompt.Error, StringComparison.Ordinal);
    }

    private static string View(
        string node, string role, long commit, long applied, string hash, string members, long revision = 40) => $$"""
        {"id":"c","epoch":1,"node":"{{node}}","role":"{{role}}","leader":null,"term":3,"commitIndex":{{commit}},
        "appliedIndex":{{applied}},"revision":{{revision}},"stateHash":"{{hash}}","members":{{members}}}
        """;
}
