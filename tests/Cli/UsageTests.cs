using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

public sealed class UsageTests
{
    public static TheoryData<string, string> Wrong => new()
    {
        { "", "command" },
        { "frobnicate", "frobnicate" },
        { "get", "Required argument 'key' missing" },
        { "get a b", "Unrecognized command or argument 'b'" },
        { "get a --rev soon", "soon" },
        { "get a --consistency perhaps", "perhaps" },
        { "get a --timeout 5parsecs", "'5parsecs' is not a time" },
        { "get a --timeout 0s", "'0s' is not a time" },
        { "get a --endpoints ftp://x", "'ftp://x' is not an endpoint" },
        { "get a --endpoints ,", "names no node" },
        { "put a v --if-match x", "'x' is not a revision" },
        { "put a v --if-match 0", "'0' is not a revision" },
        { "put a v --if-match 1 --if-none-match *", "exclude each other" },
        { "put a v --durability strong", "strong" },
        { "delete", "Name a key" },
        { "delete a --prefix b", "Name a key" },
        { "delete --prefix", "--prefix" },
        { "list --limit many", "many" },
        { "list --limit", "--limit" },
        { "up --nodes three", "three" },
        { "delete --prefix a --all", "choose one" },
        { "list --prefix a --start b", "exclude each other" },
        { "list --limit 0", "--limit is 1 or more" },
        { "up --nodes 0", "--nodes is 1 to 9" },
        { "up --http-port 70000", "--http-port is 1 to" },
        { "put a v --ttl 1s --lease 4", "--ttl and --lease exclude each other" },
        { "put a v --fence jobs", "'jobs' is no fence" },
        { "put a v --idempotency-key a☕", "printable ASCII" },
        { "add a one", "'one' is no number" },
        { "add a 1 --table t", "go together" },
        { "table create t --column n", "'n' is no column" },
        { "table create t --column n:integer", "type one of string, number" },
        { "table create t --definition {} --column n:any", "--definition says everything" },
        { "table create t --definition [1]", "the definition is a JSON object, not an array" },
        { "row put t 1 {", "the row is not JSON" },
        { "row put t 1 7", "the row is a JSON object, not a number" },
        { "row list t --where age:18", "'age:18' is no filter" },
        { "txn", "Required argument 'file' missing" },
        { "lease grant", "Required argument 'ttl' missing" },
        { "lease get 0", "number from 1" },
        { "lease get x", "'x' is no lease's id" },
        { "lock", "Required argument 'name' missing" },
        { "lock jobs", "Required argument 'command' missing" },
        { "lock jobs --ttl 0s -- true", "'0s' is not a time" },
        { "lock release jobs", "Say whose hold ends" },
        { "lock release jobs --force --owner me", "Say whose hold ends" },
        { "elect boss -- true", "--value" },
        { "member", "command" },
        { "member add", "Required argument 'id' missing" },
        { "member add n4", "Required argument 'url' missing" },
        { "member add n4 http://127.0.0.1:1", "Required argument 'peer' missing" },
        { "member add n4 u p --promote soon", "--promote is auto, manual or never" },
        { "member promote", "Required argument 'id' missing" },
        { "member demote", "Required argument 'id' missing" },
        { "member demote n1 n2", "Unrecognized command or argument 'n2'" },
        { "member move n1", "State --url, --peer or both" },
        { "member remove", "Required argument 'id' missing" },
        { "member remove n1 --force", "--force" },
        { "member replace n1 n2 u", "Required argument 'peer' missing" },
        { "member replace n1 n2 u p --within soon", "'soon' is not a time" },
        { "member expel n1", "expel" },
        { "rolling-restart --within soon", "'soon' is not a time" },
        { "rolling-restart n1", "Unrecognized command or argument 'n1'" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_command_line_is_told_and_ends_with_2(string line, string said)
    {
        var prompt = new Prompt();

        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains(said, prompt.Error, StringComparison.Ordinal);
        Assert.StartsWith("raftctl: ", prompt.Error, StringComparison.Ordinal);
        Assert.Empty(prompt.Out);
    }

    [Fact]
    public async Task An_empty_prefix_is_everything_and_wants_to_be_called_so()
    {
        var prompt = new Prompt();

        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync("delete", "--prefix", ""));
        Assert.Contains("add --all", prompt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unencodable_key_is_wrong_usage_and_nothing_is_sent()
    {
        var prompt = new Prompt();

        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync("put", new string('k', 1025), "v"));
        Assert.Contains("at most 1024 bytes", prompt.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", prompt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_the_commands_and_the_exit_codes()
    {
        var prompt = new Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("--help"));
        foreach (var word in (string[])["up", "status", "get", "put", "delete", "list", "--endpoints", "RAFT_ENDPOINTS", "outcome unknown"])
        {
            Assert.Contains(word, prompt.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_exit_code_is_explained()
    {
        var prompt = new Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("exit-codes"));
        var declared = typeof(ExitCodes).GetFields().Where(field => field.IsLiteral).Select(field => (int)field.GetRawConstantValue()!);
        var told = prompt.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line.AsSpan(0, 3), provider: null));
        Assert.Equal(declared.Order(), told.Order());
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("10", 10_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("1h", 3_600_000)]
    public void Times_are_read(string text, int milliseconds)
    {
        Assert.True(Durations.TryParse(text, out var read));
        Assert.Equal(milliseconds, read.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("25h")]
    [InlineData("1e9s")]
    [InlineData("1 s")]
    public void Other_times_are_not(string text) => Assert.False(Durations.TryParse(text, out _));
}
