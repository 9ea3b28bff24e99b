using System.Text;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

public sealed class LeadershipTests : IAsyncLifetime
{
    private const string Led = """{"leader":{"id":"n2","url":"http://127.0.0.1:8002"},"term":4}""";

    private FakeNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await FakeNode.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task The_leadership_goes_to_the_node_named_or_to_the_best()
    {
        _ = _node.On("POST", "/v1/cluster/leader", 200, Led);
        var (named, best) = (Prompt(), Prompt());

        Assert.Equal(ExitCodes.Ok, await named.RunAsync("leader", "transfer", "n2"));
        Assert.Equal(ExitCodes.Ok, await best.RunAsync("leader", "transfer", "--json"));

        Assert.Equal("n2 leads", named.Out.Trim());
        Assert.Equal("""{"leader":"n2","url":"http://127.0.0.1:8002"}""", best.Out.Trim());
        Assert.Equal(["""{"to":"n2"}""", "{}"], Bodies("/v1/cluster/leader"));
    }

    [Fact]
    public async Task Why_it_can_not_be_is_told_with_6()
    {
        _ = _node.Problem("POST", "/v1/cluster/leader", 409, "leader-not-changed", "not-applied");
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Refused, await prompt.RunAsync("leader", "transfer", "n2"));
        Assert.Contains("what happened", prompt.Error, StringComparison.Ordinal);
        Assert.Single(Bodies("/v1/cluster/leader"));
    }

    [Fact]
    public async Task A_node_is_drained_and_undrained()
    {
        _ = _node.On("POST", "/v1/cluster/drain", 200, Led).On("POST", "/v1/cluster/undrain", 200, """{"leader":null,"term":4}""");
        var (drain, undrain) = (Prompt(), Prompt());

        Assert.Equal(ExitCodes.Ok, await drain.RunAsync("node", "drain", "n1"));
        Assert.Equal(ExitCodes.Ok, await undrain.RunAsync("node", "undrain", "n1"));

        Assert.Equal("n1 is drained; n2 leads", drain.Out.Trim());
        Assert.Equal("n1 is no longer drained; nobody leads", undrain.Out.Trim());
        Assert.Equal(["""{"node":"n1"}"""], Bodies("/v1/cluster/drain"));
    }

    [Fact]
    public async Task The_node_with_the_longest_log_is_told_to_stand()
    {
        await using var other = await FakeNode.StartAsync();
        _ = _node.On("GET", "/v1/cluster", 200, View("n1", 40)).On("POST", "/v1/cluster/failover", 200, Led);
        _ = other.On("GET", "/v1/cluster", 200, View("n2", 41)).On("POST", "/v1/cluster/failover", 200, Led);
        var prompt = new Prompt { Endpoints = $"{_node.Url},{other.Url}" };

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("failover"));

        Assert.Equal("n2 leads", prompt.Out.Trim());
        Assert.Equal(["""{"to":"n2"}"""], Bodies("/v1/cluster/failover").Concat(Bodies("/v1/cluster/failover", other)));
    }

    [Fact]
    public async Task Who_leads_is_shown_and_nobody_is_4()
    {
        _ = _node.On("GET", "/v1/cluster", 200, View("n1", 40));
        Assert.Equal(ExitCodes.Unavailable, await Prompt().RunAsync("leader", "show"));

        _ = _node.On("GET", "/v1/cluster", 200, View("n1", 40, """{"id":"n3","url":"http://127.0.0.1:8003"}"""));
        var prompt = Prompt();
        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("leader", "show"));
        Assert.Equal("n3 leads", prompt.Out.Trim());
    }

    private static string View(string node, long last, string leader = "null") =>
        $$"""{"id":"c","epoch":1,"node":"{{node}}","role":"follower","leader":{{leader}},"term":3,"lastIndex":{{last}},"members":[]}""";

    private IEnumerable<string> Bodies(string target, FakeNode? of = null) =>
        (of ?? _node).Requests.Where(asked => asked.Line == $"POST {target}").Select(asked => Encoding.UTF8.GetString(asked.Body));

    private Prompt Prompt() => new() { Endpoints = _node.Url };
}
