using System.Text;
using System.Text.Json;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

public sealed class CommandTests : IAsyncLifetime
{
    private FakeNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await FakeNode.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Get_prints_the_value_and_nothing_else()
    {
        _ = _node.On("GET", "/v1/kv/a/b%20c", 200, "tea\n☕", ("ETag", "\"5\""), ("Raft-Version", "2"), ("Content-Type", "text/plain"));
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("get", "a/b c"));
        Assert.Equal("tea\n☕", prompt.Out);
    }

    [Fact]
    public async Task Get_passes_on_revision_and_consistency()
    {
        _ = _node.On("GET", "/v1/kv/a?rev=4", 200, "v", ("ETag", "\"3\""), ("Raft-Version", "1"));

        Assert.Equal(ExitCodes.Ok, await Prompt().RunAsync(
            "get", "a", "--rev", "4", "--consistency", "bounded", "--max-staleness", "500ms"));
        var asked = Assert.Single(_node.Requests);
        Assert.Equal("bounded", asked.Headers["Raft-Consistency"]);
        Assert.Equal("500ms", asked.Headers["Raft-Max-Staleness"]);
    }

    [Fact]
    public async Task Get_as_JSON_carries_what_is_known()
    {
        _ = _node.On(
            "GET", "/v1/kv/a", 200, "tea ☕",
            ("ETag", "\"5\""), ("Raft-Version", "2"), ("Content-Type", "text/plain"), ("Raft-Revision", "9"), ("Raft-Staleness", "0"));
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("get", "a", "--json"));
        Assert.Equal(
            """{"key":"a","found":true,"value":"tea ☕","contentType":"text/plain","revision":5,"version":2,"source":{"node":"n1","revision":9,"stalenessMs":0}}""",
            prompt.Out.Trim());
    }

    [Fact]
    public async Task A_missing_row_is_1()
    {
        _ = _node.Problem("GET", "/v1/kv/a", 404, "not-found", "not-applied").Problem("DELETE", "/v1/kv/a", 404, "not-found", "not-applied");
        var (get, json, delete) = (Prompt(), Prompt(), Prompt());

        Assert.Equal(ExitCodes.NotFound, await get.RunAsync("get", "a"));
        Assert.Equal("raftctl: there is no row 'a'", get.Error.Trim());
        Assert.Equal(ExitCodes.NotFound, await json.RunAsync("get", "a", "--json"));
        Assert.Equal("""{"key":"a","found":false}""", json.Out.Trim());
        Assert.Equal(ExitCodes.NotFound, await delete.RunAsync("delete", "a"));
    }

    [Theory]
    [InlineData("hello", "", "hello")]
    [InlineData("-", "from a pipe", "from a pipe")]
    [InlineData(null, "from a pipe", "from a pipe")]
    [InlineData("@@home", "", "@home")]
    [InlineData("", "", "")]
    public async Task Put_takes_its_value_from(string? value, string input, string sent)
    {
        _ = _node.On("PUT", "/v1/kv/a", 201, """{"revision":7,"version":1}""");
        var prompt = Prompt(input);

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync(value is null ? ["put", "a"] : ["put", "a", value]));
        Assert.Equal(sent, Encoding.UTF8.GetString(Assert.Single(_node.Requests).Body));
        Assert.Equal("created, revision 7, version 1", prompt.Out.Trim());
    }

    [Fact]
    public async Task Put_sends_a_files_bytes_as_they_are()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, [0, 255, 10], TestContext.Current.CancellationToken);
        _ = _node.On("PUT", "/v1/kv/a", 200, """{"revision":7,"version":3}""");

        Assert.Equal(ExitCodes.Ok, await Prompt().RunAsync(
            "put", "a", "@" + file, "--content-type", "image/x", "--durability", "all", "--if-match", "6"));
        File.Delete(file);
        var asked = Assert.Single(_node.Requests);
        Assert.Equal([0, 255, 10], asked.Body);
        Assert.Equal(("image/x", "all", "\"6\""), (asked.Headers["Content-Type"], asked.Headers["Raft-Durability"], asked.Headers["If-Match"]));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_7_and_nothing_is_sent()
    {
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Local, await prompt.RunAsync("put", "a", "@/no/such/file"));
        Assert.Empty(_node.Requests);
        Assert.Contains("/no/such/file", prompt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_precondition_that_does_not_hold_is_3()
    {
        _ = _node.On("PUT", "/v1/kv/a", 412, "", ("ETag", "\"9\"")).On("DELETE", "/v1/kv/a", 412);
        var (put, delete, json) = (Prompt(), Prompt(), Prompt());

        Assert.Equal(ExitCodes.PreconditionFailed, await put.RunAsync("put", "a", "v", "--if-none-match", "*"));
        Assert.Contains("last changed at revision 9", put.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.PreconditionFailed, await delete.RunAsync("delete", "a", "--if-match", "*"));
        Assert.Contains("there is no row 'a'", delete.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.PreconditionFailed, await json.RunAsync("put", "a", "v", "--if-match", "8", "--json"));
        Assert.Equal("""{"key":"a","result":"refused","currentRevision":9}""", json.Out.Trim());
    }

    [Fact]
    public async Task No_leader_is_4_and_an_unknown_outcome_5_and_a_refusal_6()
    {
        _ = _node
            .Problem("PUT", "/v1/kv/none", 503, "no-leader", "not-applied", ""","retryable":true""")
            .Problem("PUT", "/v1/kv/lost", 504, "commit-timeout", "unknown")
            .Problem("PUT", "/v1/kv/big", 413, "too-large", "not-applied")
            .Problem("GET", "/v1/kv/old?rev=1", 410, "compacted", "not-applied", ""","revision":41,"oldestRevision":17""");
        var (none, lost, big, old) = (Prompt(), Prompt(), Prompt(), Prompt());

        Assert.Equal(ExitCodes.Unavailable, await none.RunAsync("put", "none", "v"));
        Assert.Contains("no-leader", none.Error, StringComparison.Ordinal);
        Assert.Contains("raftctl status", none.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.OutcomeUnknown, await lost.RunAsync("put", "lost", "v"));
        Assert.Contains("it happens once", lost.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, await big.RunAsync("put", "big", "v"));
        Assert.Contains("what happened (too-large, HTTP 413)", big.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, await old.RunAsync("get", "old", "--rev", "1"));
        Assert.Contains("oldest revision that can still be read is 17", old.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_JSON_a_failure_is_a_JSON_line_on_standard_error()
    {
        _ = _node.Problem("PUT", "/v1/kv/lost", 504, "commit-timeout", "unknown");
        var prompt = Prompt();

        Assert.Equal(ExitCodes.OutcomeUnknown, await prompt.RunAsync("put", "lost", "v", "--json"));
        Assert.Empty(prompt.Out);
        using var said = JsonDocument.Parse(prompt.Error);
        Assert.Equal("commit-timeout", said.RootElement.GetProperty("error").GetString());
        Assert.Equal("unknown", said.RootElement.GetProperty("outcome").GetString());
        Assert.Equal(5, said.RootElement.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task Nobody_there_is_4_with_advice()
    {
        var url = _node.Url;
        await _node.DisposeAsync();
        var prompt = new Prompt { Endpoints = url };

        Assert.Equal(ExitCodes.Unavailable, await prompt.RunAsync("get", "a"));
        Assert.Contains("raftctl up", prompt.Error, StringComparison.Ordinal);
        Assert.Contains("RAFT_ENDPOINTS", prompt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_is_NDJSON_or_lines_or_a_table()
    {
        const string items = """
            {"revision":9,"items":[{"key":"a","value":"x\ty","contentType":"text/plain","revision":3,"created":2,"version":2},
            {"key":"b","value64":"/w==","revision":4,"created":4,"version":1}]}
            """;
        _ = _node.On("GET", "/v1/kv?prefix=p", 200, items).On("GET", "/v1/kv?prefix=p&limit=101", 200, items);
        var (json, lines, table) = (Prompt(), Prompt(), new Prompt { Endpoints = _node.Url, IsInteractive = true });

        Assert.Equal(ExitCodes.Ok, await json.RunAsync("list", "--prefix", "p", "--json"));
        Assert.Equal(
            [
                """{"key":"a","found":true,"value":"x\ty","contentType":"text/plain","revision":3,"created":2,"version":2}""",
                """{"key":"b","found":true,"value64":"/w==","revision":4,"created":4,"version":1}""",
            ],
            json.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ExitCodes.Ok, await lines.RunAsync("list", "--prefix", "p"));
        Assert.Equal("a\t3\t2\tx\\ty\nb\t4\t1\tbase64:/w==\n", lines.Out);
        Assert.Equal(ExitCodes.Ok, await table.RunAsync("list", "--prefix", "p"));
        Assert.Contains("revision", table.Out, StringComparison.Ordinal);
        Assert.Contains("(1 bytes)", table.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counting_and_deleting_a_prefix()
    {
        _ = _node
            .On("GET", "/v1/kv?prefix=p&count=true", 200, """{"revision":9,"count":12}""")
            .On("DELETE", "/v1/kv?prefix=p", 200, """{"revision":10,"deleted":12}""")
            .On("DELETE", "/v1/kv?prefix=&all=true", 200, """{"revision":11,"deleted":1}""");
        var (count, prefix, all) = (Prompt(), Prompt(), Prompt());

        Assert.Equal(ExitCodes.Ok, await count.RunAsync("list", "--prefix", "p", "--count"));
        Assert.Equal("12", count.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await prefix.RunAsync("delete", "--prefix", "p"));
        Assert.Equal("deleted 12 rows, revision 10", prefix.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await all.RunAsync("delete", "--all", "--json"));
        Assert.Equal("""{"prefix":"","result":"deleted","revision":11,"deleted":1}""", all.Out.Trim());
    }

    private Prompt Prompt(string input = "") => new() { Endpoints = _node.Url, Input = input };
}
