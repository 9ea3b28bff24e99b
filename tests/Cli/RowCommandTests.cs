using System.Text;
using System.Text.Json;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

/// <summary>Tables, rows, transactions and counters at the prompt.</summary>
public sealed class RowCommandTests : IAsyncLifetime
{
    private FakeNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await FakeNode.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_table_is_made_of_columns_and_only_when_it_is_not_there()
    {
        _ = _node.On("PUT", "/v1/tables/users", 201, """{"revision":3,"version":1}""", ("ETag", "\"3\""));
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync(
            "table", "create", "users", "-c", "name:string", "-c", "email:string?", "--column", "n:number=0", "-c", "at:string=now", "-c", "code:string=7",
            "-c", "tags:array=[]", "--key", "revision"));
        Assert.Equal("created, revision 3", prompt.Out.Trim());
        var asked = Assert.Single(_node.Requests);
        Assert.Equal("*", asked.Headers["If-None-Match"]);
        Assert.Equal(
            """{"columns":[{"name":"name","type":"string","nullable":false},{"name":"email","type":"string","nullable":true},"""
            + """{"name":"n","type":"number","nullable":false,"default":0},{"name":"at","type":"string","nullable":false,"default":"now"},"""
            + """{"name":"code","type":"string","nullable":false,"default":"7"},{"name":"tags","type":"array","nullable":false,"default":[]}],"key":"revision"}""",
            Encoding.UTF8.GetString(asked.Body));
    }

    [Fact]
    public async Task A_table_that_is_there_is_3_unless_it_may_be_changed()
    {
        _ = _node.Respond("PUT", "/v1/tables/users", asked => asked.Headers.ContainsKey("If-None-Match")
            ? (412, "", [("ETag", "\"3\"")])
            : (200, """{"revision":5,"version":2}""", [("ETag", "\"5\"")]));
        var (refused, json, changed) = (Prompt(), Prompt(), Prompt());

        Assert.Equal(ExitCodes.PreconditionFailed, await refused.RunAsync("table", "create", "users", "--definition", "{}"));
        Assert.Contains("add --or-change", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.PreconditionFailed, await json.RunAsync("table", "create", "users", "--definition", "{}", "--json"));
        Assert.Equal("""{"table":"users","result":"refused","currentRevision":3}""", json.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await changed.RunAsync("table", "create", "users", "--definition", "{}", "--or-change"));
        Assert.Equal("changed, revision 5", changed.Out.Trim());
    }

    [Fact]
    public async Task Tables_are_shown_listed_and_dropped()
    {
        const string users = """{"name":"users","columns":[{"name":"n","type":"number","nullable":true,"default":0}],"key":"given","revision":3}""";
        _ = _node
            .On("GET", "/v1/tables/users", 200, users)
            .On("GET", "/v1/tables", 200, $$"""{"revision":9,"items":[{"name":"kv","builtIn":true},{{users}}]}""")
            .On("DELETE", "/v1/tables/users", 200, """{"revision":9,"deleted":true}""")
            .Problem("GET", "/v1/tables/no", 404, "absent", "not-applied")
            .Problem("DELETE", "/v1/tables/no", 404, "absent", "not-applied");
        var (get, list, drop, absent, notDropped) = (Prompt(), Prompt(), Prompt(), Prompt(), Prompt());

        Assert.Equal(ExitCodes.Ok, await get.RunAsync("table", "get", "users"));
        Assert.Equal("number", JsonDocument.Parse(get.Out).RootElement.GetProperty("columns")[0].GetProperty("type").GetString());
        Assert.Equal(ExitCodes.Ok, await list.RunAsync("table", "list"));
        Assert.Equal("kv\t-\t-\nusers\t3\tn:number?=0\n", list.Out);
        Assert.Equal(ExitCodes.Ok, await drop.RunAsync("table", "drop", "users"));
        Assert.Equal("dropped, revision 9", drop.Out.Trim());
        Assert.Equal(ExitCodes.NotFound, await absent.RunAsync("table", "get", "no"));
        Assert.Equal(ExitCodes.NotFound, await notDropped.RunAsync("table", "drop", "no"));
        Assert.Equal("raftctl: there is no table 'no'", notDropped.Error.Trim());
    }

    [Fact]
    public async Task Rows_are_written_read_patched_inserted_and_removed()
    {
        _ = _node
            .On("PUT", "/v1/tables/users/rows/1?ttl=30000ms", 201, """{"revision":7,"version":1}""")
            .On("GET", "/v1/tables/users/rows/1", 200, """{"n":1.0}""", ("ETag", "\"7\""), ("Raft-Version", "1"), ("Content-Type", "application/json"))
            .On("PATCH", "/v1/tables/users/rows/1", 200, """{"revision":8,"version":2}""")
            .Problem("PATCH", "/v1/tables/users/rows/2", 404, "absent", "not-applied")
            .On("POST", "/v1/tables/users/rows", 201, """{"revision":9,"version":1,"key":"k9"}""")
            .On("DELETE", "/v1/tables/users/rows/1", 200, """{"revision":10,"deleted":true}""");
        var (put, get, json, patch, absent, insert, delete) = (Prompt("""{"n":1.0}"""), Prompt(), Prompt(), Prompt(), Prompt(), Prompt(), Prompt());

        Assert.Equal(ExitCodes.Ok, await put.RunAsync("row", "put", "users", "1", "--ttl", "30s"));
        Assert.Equal("created, revision 7, version 1", put.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await get.RunAsync("row", "get", "users", "1"));
        Assert.Equal("{\"n\":1.0}\n", get.Out);
        Assert.Equal(ExitCodes.Ok, await json.RunAsync("row", "get", "users", "1", "--json"));
        Assert.Equal("""{"key":"1","found":true,"value":{"n":1.0},"revision":7,"version":1,"source":{"node":"n1"}}""", json.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await patch.RunAsync("row", "patch", "users", "1", """{"n":2}""", "--if-match", "7"));
        Assert.Equal(ExitCodes.NotFound, await absent.RunAsync("row", "patch", "users", "2", "{}"));
        Assert.Equal("raftctl: there is no row '2'", absent.Error.Trim());
        Assert.Equal(ExitCodes.Ok, await insert.RunAsync("row", "insert", "users", """{"n":3}"""));
        Assert.Equal("k9", insert.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await delete.RunAsync("row", "delete", "users", "1"));

        var asked = _node.Requests.ToArray();
        Assert.Equal("application/merge-patch+json", asked[3].Headers["Content-Type"]);
        Assert.Equal("\"7\"", asked[3].Headers["If-Match"]);
        Assert.All(asked.Where(one => !one.Line.StartsWith("GET", StringComparison.Ordinal)), one => Assert.Equal(32, one.Headers["Idempotency-Key"].Length));
    }

    [Fact]
    public async Task Rows_are_listed_by_filter_as_lines_or_NDJSON()
    {
        const string items = """{"revision":9,"items":[{"key":"1","value":{"n":1.0},"revision":3,"created":2,"version":2,"lease":17}]}""";
        _ = _node
            .On("GET", "/v1/tables/users/rows?where=n%3Age%3A1&where=name%3Aeq%3AA%3Ab", 200, items)
            .On("GET", "/v1/tables/users/rows?prefix=x&count=true", 200, """{"revision":9,"count":12}""")
            .Problem("GET", "/v1/tables/no/rows", 404, "absent", "not-applied");
        var (lines, json, count, absent) = (Prompt(), Prompt(), Prompt(), Prompt());

        Assert.Equal(ExitCodes.Ok, await lines.RunAsync("row", "list", "users", "--where", "n:ge:1", "-w", "name:eq:A:b"));
        Assert.Equal("1\t3\t2\t{\"n\":1.0}\n", lines.Out);
        Assert.Equal(ExitCodes.Ok, await json.RunAsync("row", "list", "users", "--where", "n:ge:1", "-w", "name:eq:A:b", "--json"));
        Assert.Equal("""{"key":"1","found":true,"value":{"n":1.0},"revision":3,"created":2,"version":2,"lease":17}""", json.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await count.RunAsync("row", "list", "users", "--prefix", "x", "--count"));
        Assert.Equal("12", count.Out.Trim());
        Assert.Equal(ExitCodes.NotFound, await absent.RunAsync("row", "list", "no"));
    }

    [Fact]
    public async Task A_transaction_goes_out_as_it_is_and_3_says_that_its_conditions_did_not_hold()
    {
        const string txn = """{"then":[{"op":"put","key":"a","value":"1"}]}""";
        _ = _node.Respond("POST", "/v1/txn", asked => (200, Encoding.UTF8.GetString(asked.Body).Contains("\"if\"", StringComparison.Ordinal)
            ? """{"succeeded":false,"revision":9,"results":[]}"""
            : """{"succeeded":true,"revision":9,"results":[{"op":"put","revision":9,"version":1}]}""", []));
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, txn, TestContext.Current.CancellationToken);
        var (done, failed) = (Prompt(), Prompt("""{"if":[]}"""));

        Assert.Equal(ExitCodes.Ok, await done.RunAsync("txn", file, "--idempotency-key", "k1"));
        Assert.Equal("""{"succeeded":true,"revision":9,"results":[{"op":"put","revision":9,"version":1}]}""", done.Out.Trim());
        Assert.Equal(ExitCodes.PreconditionFailed, await failed.RunAsync("txn", "-"));
        File.Delete(file);
        var asked = _node.Requests.First();
        Assert.Equal((txn, "k1", "application/json"), (Encoding.UTF8.GetString(asked.Body), asked.Headers["Idempotency-Key"], asked.Headers["Content-Type"]));
    }

    [Fact]
    public async Task Adding_prints_the_sum_with_all_its_digits()
    {
        _ = _node.On("POST", "/v1/txn", 200, """{"succeeded":true,"revision":9,"results":[{"op":"add","value":10.50,"revision":9,"version":2}]}""");
        var (sum, json) = (Prompt(), Prompt());

        Assert.Equal(ExitCodes.Ok, await sum.RunAsync("add", "n", "-0.5"));
        Assert.Equal("10.50", sum.Out.Trim());
        Assert.Equal(ExitCodes.Ok, await json.RunAsync("add", "ada", "5", "--table", "accounts", "--column", "balance", "--json"));
        Assert.Equal("""{"key":"ada","value":10.50,"revision":9,"version":2}""", json.Out.Trim());
        Assert.Equal(
            ["""{"then":[{"op":"add","table":"kv","key":"n","by":-0.5}]}""", """{"then":[{"op":"add","table":"accounts","key":"ada","by":5,"column":"balance"}]}"""],
            _node.Requests.Select(asked => Encoding.UTF8.GetString(asked.Body)));
    }

    [Fact]
    public async Task An_unknown_write_is_sent_again_under_its_key_and_says_that_it_was_done_before()
    {
        var times = 0;
        _ = _node.Respond("PUT", "/v1/kv/a?lease=17", _ => times++ == 0
            ? (504, """{"code":"commit-timeout","outcome":"unknown","retryable":true}""", [("Content-Type", "application/problem+json")])
            : (201, """{"revision":7,"version":1}""", [("Raft-Replayed", "true")]));
        var prompt = Prompt();

        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("put", "a", "v", "--lease", "17", "--fence", "jobs;4"));
        Assert.Equal("created, revision 7, version 1 (done before, under the same idempotency key)", prompt.Out.Trim());
        Assert.Equal(2, _node.Requests.Count);
        _ = Assert.Single(_node.Requests.Select(asked => asked.Headers["Idempotency-Key"]).Distinct());
        Assert.All(_node.Requests, asked => Assert.Equal("jobs;4", asked.Headers["Raft-Fence"]));
    }

    [Fact]
    public async Task When_it_stays_unknown_the_hint_has_the_key_that_makes_another_try_safe()
    {
        _ = _node.Problem("PUT", "/v1/kv/a", 504, "commit-timeout", "unknown");
        var (text, json) = (Prompt(), Prompt());

        Assert.Equal(ExitCodes.OutcomeUnknown, await text.RunAsync("put", "a", "v"));
        var key = _node.Requests.First().Headers["Idempotency-Key"];
        Assert.Contains($"--idempotency-key {key}", text.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.OutcomeUnknown, await json.RunAsync("put", "a", "v", "--json", "--idempotency-key", "k2"));
        Assert.Equal("k2", JsonDocument.Parse(json.Error).RootElement.GetProperty("idempotencyKey").GetString());
    }

    [Fact]
    public async Task Under_a_lock_writes_carry_its_fence_by_themselves_and_a_lost_one_is_3()
    {
        _ = _node.Problem("PUT", "/v1/kv/a", 412, "fenced", "not-applied");
        var prompt = new Prompt { Endpoints = _node.Url, Fence = "jobs;4" };

        Assert.Equal(ExitCodes.PreconditionFailed, await prompt.RunAsync("put", "a", "v"));
        Assert.Contains("raftctl lock status", prompt.Error, StringComparison.Ordinal);
        Assert.Equal("jobs;4", Assert.Single(_node.Requests).Headers["Raft-Fence"]);
        Assert.Equal(ExitCodes.Usage, await new Prompt { Endpoints = _node.Url, Fence = "jobs" }.RunAsync("put", "a", "v"));
    }

    private Prompt Prompt(string input = "") => new() { Endpoints = _node.Url, Input = input };
}
