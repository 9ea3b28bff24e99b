using System.Globalization;
using System.Text.Json;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

/// <summary><c>raftctl rolling-restart</c> against three scripted nodes.</summary>
public sealed class RollingRestartTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("raftctl-restart-");
    private readonly Dictionary<string, Scripted> _nodes = [];
    private string _leader = "n1";

    public async ValueTask InitializeAsync()
    {
        foreach (var id in (string[])["n1", "n2", "n3"])
        {
            var scripted = _nodes[id] = new Scripted(id, await FakeNode.StartAsync());
            foreach (var target in (string[])["/v1/cluster/drain", "/v1/cluster/undrain"])
            {
                _ = scripted.Node.Respond("POST", target, asked => Drain(asked, target.EndsWith("/drain", StringComparison.Ordinal)));
            }

            _ = scripted.Node.Respond("GET", "/v1/members", _ => (200, Members(), []));
            _ = scripted.Node.Respond("GET", "/v1/cluster", _ => scripted.IsUp ? (200, View(scripted), []) : (503, "", []));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var scripted in _nodes.Values)
        {
            await scripted.Node.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Followers_first_the_leader_last_each_drained_restarted_and_undrained()
    {
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("rolling-restart", "--exec", Exec, "--yes"));

        Assert.Equal(
            ["n2 drained", "n2 restarted", "n2 undrained", "n3 drained", "n3 restarted", "n3 undrained", "n1 drained", "n1 restarted", "n1 undrained"],
            Happened());
        Assert.Contains("done: n2, n3, n1", prompt.Out, StringComparison.Ordinal);
        Assert.Contains("n1: drained; n2 leads", prompt.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_yes_the_order_is_shown_and_nothing_is_done()
    {
        _leader = "n2";
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync("rolling-restart", "--exec", Exec));

        Assert.Contains("would restart n1, then n3, then n2", prompt.Out, StringComparison.Ordinal);
        Assert.Contains("Add --yes to begin.", prompt.Error, StringComparison.Ordinal);
        Assert.Empty(Happened());
    }

    [Fact]
    public async Task It_goes_on_where_it_was_stopped()
    {
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("rolling-restart", "--exec", Exec, "--yes", "--skip", "n2,n1"));

        Assert.Equal(["n3 drained", "n3 restarted", "n3 undrained"], Happened());
    }

    [Theory]
    [InlineData("down", "n3 can't be reached")]
    [InlineData("behind", "n3 is 5000 entries behind")]
    [InlineData("rebuilding", "n3 is being rebuilt: its log was damaged")]
    [InlineData("drained", "n3 is drained, and could not lead: 'raftctl node undrain n3'")]
    [InlineData("learner", "2 of the 2 voters are needed to commit anything, and without n2 only 1 would be left")]
    [InlineData("leaderless", "n1 knows no leader")]
    public async Task Nothing_is_stopped_while_another_node_is_not_well(string state, string why)
    {
        _nodes["n3"].State = state;
        _leader = state == "leaderless" ? "" : _leader;
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Refused, await prompt.RunAsync("rolling-restart", "--exec", Exec, "--yes", "--skip", state == "learner" ? "n3" : "n1"));

        Assert.Contains($"n2 can't be restarted now: {(state == "leaderless" ? "nobody leads" : why)}", prompt.Error, StringComparison.Ordinal);
        Assert.Contains("goes on from here", prompt.Error, StringComparison.Ordinal);
        Assert.Empty(Happened());
    }

    [Fact]
    public async Task A_command_that_fails_ends_it_with_what_to_do()
    {
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Local, await prompt.RunAsync("rolling-restart", "--exec", "echo no such unit {node} >&2; exit 5", "--yes"));

        Assert.Contains("the command that restarts n2 ended with exit code 5: no such unit n2", prompt.Error, StringComparison.Ordinal);
        Assert.Contains("'raftctl node undrain n2'", prompt.Error, StringComparison.Ordinal);
        Assert.Contains("No node was restarted.", prompt.Error, StringComparison.Ordinal);
        Assert.Equal(["n2 drained"], Happened());
    }

    [Fact]
    public async Task A_command_that_restarts_nothing_is_found_out()
    {
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Unavailable, await prompt.RunAsync("rolling-restart", "--exec", "true", "--yes", "--within", "20s"));

        Assert.Contains("n2 is not back within 20s: n2 was not restarted", prompt.Error, StringComparison.Ordinal);
        Assert.Contains("add it to --skip", prompt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_does_not_come_back_ends_it_before_the_next_one()
    {
        _nodes["n3"].ComesBack = false;
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Unavailable, await prompt.RunAsync("rolling-restart", "--exec", Exec, "--yes", "--within", "20s", "--json"));

        using var said = JsonDocument.Parse(prompt.Error.Trim().Split('\n')[^1]);
        Assert.Equal("n3 is not back within 20s: n3 can't be reached", said.RootElement.GetProperty("message").GetString());
        Assert.EndsWith("The same command with --skip n2 goes on from here.", said.RootElement.GetProperty("hint").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("n1 drained", Happened());
        Assert.Equal(
            ["drained", "restarting", "back", "drained", "restarting"],
            prompt.Out.Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement.GetProperty("event").GetString()));
    }

    [Fact]
    public async Task A_refused_drain_restarts_nothing()
    {
        foreach (var scripted in _nodes.Values)
        {
            _ = scripted.Node.Problem("POST", "/v1/cluster/drain", 409, "leader-not-changed", "not-applied");
        }

        var prompt = Prompt();

        Assert.Equal(ExitCodes.Refused, await prompt.RunAsync("rolling-restart", "--exec", Exec, "--yes"));

        Assert.Contains("n2 can't be drained: ", prompt.Error, StringComparison.Ordinal);
        Assert.Empty(Happened());
    }

    [Fact]
    public async Task A_stranger_in_skip_is_wrong_usage()
    {
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync("rolling-restart", "--yes", "--skip", "n9"));
        Assert.Contains("there is no member n9", prompt.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, await Prompt().RunAsync("rolling-restart", "--yes", "--skip", "n1,n2,n3"));
    }

    private string Log => Path.Combine(_folder.FullName, "log");

    /// <summary>What a supervisor would do: here it is only noted, and the scripted node sees its name.</summary>
    private string Exec => $"echo '{{node}} restarted' >> '{Log}'";

    private string[] Happened() => File.Exists(Log) ? File.ReadAllLines(Log) : [];

    private (int, string, (string, string)[]) Drain(FakeNode.Asked asked, bool drained)
    {
        using var body = JsonDocument.Parse(asked.Body);
        var id = body.RootElement.GetProperty("node").GetString()!;
        File.AppendAllText(Log, $"{id} {(drained ? "drained" : "undrained")}\n");
        _nodes[id].Drained = drained;
        if (drained && _leader == id)
        {
            _leader = _nodes.Keys.First(other => other != id);
        }

        return (200, $$"""{"leader":{{Leader()}},"term":4}""", []);
    }

    private string Leader() => _leader.Length == 0 ? "null" : $$"""{"id":"{{_leader}}","url":"{{_nodes[_leader].Node.Url}}"}""";

    private string Members() => $$"""
        {"cluster":"c","clusterId":"000000000000004d","epoch":1,"index":7,"term":2,"committed":true,"members":[{{string.Join(',', _nodes.Values.Select(node => $$"""
        {"id":"{{node.Id}}","role":"{{(node.State == "learner" ? "learner" : "voter")}}","url":"{{node.Node.Url}}","peer":"127.0.0.1:2","lag":{{(node.State == "behind" ? 5000 : 0)}},"lastContactMs":1}
        """))}}]}
        """;

    private string View(Scripted node)
    {
        var restarts = Happened().Count(line => line == $"{node.Id} restarted");
        var started = DateTimeOffset.UnixEpoch.AddHours(restarts).ToString("O", CultureInfo.InvariantCulture);
        var drained = node.Drained || node.State == "drained";
        return $$"""
            {"id":"c","node":"{{node.Id}}","role":"{{(node.Id == _leader ? "leader" : "follower")}}","leader":{{Leader()}},"term":3,
            "version":"1.0.0","pid":7,"started":"{{started}}","drained":{{(drained ? "true" : "false")}},
            {{(node.State == "rebuilding" ? "\"rebuilding\":\"its log was damaged\"," : "")}}"members":[]}
            """;
    }

    private Prompt Prompt() => new() { Endpoints = string.Join(',', _nodes.Values.Select(node => node.Node.Url)) };

    private sealed class Scripted(string id, FakeNode node)
    {
        public string Id => id;

        public FakeNode Node => node;

        public string State { get; set; } = "";

        public bool ComesBack { get; set; } = true;

        public bool Drained { get; set; }

        /// <summary>One that doesn't come back is down from the moment it is drained.</summary>
        public bool IsUp => State != "down" && (ComesBack || !Drained);
    }
}
