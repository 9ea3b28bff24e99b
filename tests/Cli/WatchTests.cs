using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

public sealed class WatchTests : IAsyncLifetime
{
    private const string Changes =
        """{"revision":3,"term":2,"index":4,"at":"2026-11-22T21:45:00.123Z","changes":[{"op":"insert","table":"kv","key":"a\tb","before":null,"after":{"value":"1\n2","contentType":null}},{"op":"delete","table":"users","key":"7","before":{"n":1},"after":null}]}"""
        + "\n"
        + """{"event":"progress","revision":4}"""
        + "\n"
        + """{"revision":5,"term":2,"index":6,"at":"2026-11-22T21:45:00.123Z","changes":[{"op":"update","table":"kv","key":"c","before":{"value":"x","contentType":null},"after":{"value64":"/wA=","contentType":null}}]}"""
        + "\n";

    private FakeNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await FakeNode.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task It_prints_a_line_a_change()
    {
        _ = _node.On("GET", "/v1/changes?from=3&table=kv&prefix=a%2F&op=insert,delete", 200, Changes);
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("watch", "--from", "3", "--table", "kv", "--prefix", "a/", "--op", "insert,delete", "--limit", "2"));
        Assert.Equal("3\tinsert\tkv\ta\\tb\t1\\n2\n3\tdelete\tusers\t7\t{\"n\":1}\n5\tupdate\tkv\tc\tbase64:/wA=\n", prompt.Out);
    }

    [Fact]
    public async Task As_JSON_it_prints_what_the_node_wrote()
    {
        _ = _node.On("GET", "/v1/changes", 200, Changes);
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("watch", "--limit", "2", "--json"));
        Assert.Equal(string.Concat(Changes.Split('\n').Where(line => line.Contains("changes", StringComparison.Ordinal)).Select(line => line + "\n")), prompt.Out);
    }

    [Fact]
    public async Task Without_a_node_it_says_where_to_go_on()
    {
        _ = _node.On("GET", "/v1/changes?from=3", 200, Changes).Problem("GET", "/v1/changes?from=6", 503, "not-caught-up", "not-applied");
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Unavailable, await prompt.RunAsync("watch", "--from", "3", "--timeout", "1s"));
        Assert.StartsWith("--from 6 goes on here.\n", prompt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_that_is_gone_is_6_and_says_what_is_left()
    {
        _ = _node.Problem("GET", "/v1/changes?from=3", 410, "compacted", "not-applied", ",\"oldestRevision\":7");
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Refused, await prompt.RunAsync("watch", "--from", "3"));
        Assert.Contains("The oldest revision that can still be read is 7.", prompt.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--from", "-1")]
    [InlineData("--limit", "0")]
    [InlineData("--op", "insert,snapshot")]
    public async Task A_wrong_option_is_2(string option, string value)
    {
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync("watch", option, value));
        Assert.Contains(option, prompt.Error, StringComparison.Ordinal);
    }

    private Prompt Prompt() => new() { Endpoints = _node.Url };
}
