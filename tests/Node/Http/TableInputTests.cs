namespace RaftCluster.Tests.Node.Http;

/// <summary>What is wrong in a definition, a row or a filter is refused by its name, and nothing changes.</summary>
public sealed class TableInputTests
{
    private static readonly string _deep = string.Concat(Enumerable.Repeat("[", 60)) + string.Concat(Enumerable.Repeat("]", 60));
    private static readonly string _long = new('9', 129);

    /// <summary>verb, target, body, field</summary>
    public static TheoryData<string, string, string, string> Malformed => new()
    {
        { "PUT", "u", "", "body" },
        { "PUT", "u", "{", "body" },
        { "PUT", "u", "{} {}", "body" },
        { "PUT", "u", "[]", "body" },
        { "PUT", "u", """{"colums":[]}""", "colums" },
        { "PUT", "u", """{"columns":{}}""", "columns" },
        { "PUT", "u", """{"columns":[],"columns":[]}""", "columns" },
        { "PUT", "u", """{"name":"v"}""", "name" },
        { "PUT", "u", """{"key":"mine"}""", "key" },
        { "PUT", "u", """{"columns":[1]}""", "columns[0]" },
        { "PUT", "u", """{"columns":[{"type":"string"}]}""", "columns[0].name" },
        { "PUT", "u", """{"columns":[{"name":"a"}]}""", "columns[0].type" },
        { "PUT", "u", """{"columns":[{"name":"","type":"string"}]}""", "columns[0].name" },
        { "PUT", "u", """{"columns":[{"name":"a:b","type":"string"}]}""", "columns[0].name" },
        { "PUT", "u", """{"columns":[{"name":"a","type":"text"}]}""", "columns[0].type" },
        { "PUT", "u", """{"columns":[{"name":"a","type":"any","nullable":1}]}""", "columns[0].nullable" },
        { "PUT", "u", """{"columns":[{"name":"a","type":"any","length":1}]}""", "columns[0].length" },
        { "PUT", "u", """{"columns":[{"name":"a","type":"number","default":"x"}]}""", "columns[0].default" },
        { "PUT", "u", """{"columns":[{"name":"a","type":"number","default":"now"}]}""", "columns[0].default" },
        { "PUT", "u", """{"columns":[{"name":"a","type":"any"},{"name":"a","type":"any"}]}""", "columns[1].name" },
        { "PUT", "1u", "{}", "table" },
        { "PUT", "%ff", "{}", "table" },
        { "PUT", "a%2Fb", "{}", "table" },
        { "PUT", "u?x=1", "{}", "x" },
        { "PUT", "t/rows/k", "", "body" },
        { "PUT", "t/rows/k", "[1]", "body" },
        { "PUT", "t/rows/k", "\"s\"", "body" },
        { "PUT", "t/rows/k", """{"s":"x","n":1""", "n" },
        { "PUT", "t/rows/k", """{"s":"x",}""", "s" },
        { "PUT", "t/rows/k", """{"s":1}""", "s" },
        { "PUT", "t/rows/k", """{"s":null}""", "s" },
        { "PUT", "t/rows/k", """{"n":1}""", "s" },
        { "PUT", "t/rows/k", """{"s":"x","m":1}""", "m" },
        { "PUT", "t/rows/k", """{"s":"x","S":"y"}""", "S" },
        { "PUT", "t/rows/k", """{"s":"x","n":"1"}""", "n" },
        { "PUT", "t/rows/k", """{"s":"x","n":NaN}""", "n" },
        { "PUT", "t/rows/k", """{"s":"x","n":01}""", "n" },
        { "PUT", "t/rows/k", """{"s":"x","n":1e401}""", "n" },
        { "PUT", "t/rows/k", """{"s":"x","n":1e-99999999999}""", "n" },
        { "PUT", "t/rows/k", """{"s":"x","n":""" + _long + "}", "n" },
        { "PUT", "t/rows/k", """{"s":"x","b":0}""", "b" },
        { "PUT", "t/rows/k", """{"s":"x","o":[]}""", "o" },
        { "PUT", "t/rows/k", """{"s":"x","a":{}}""", "a" },
        { "PUT", "t/rows/k", """{"s":"x","s":"y"}""", "s" },
        { "PUT", "t/rows/k", """{"s":"x","o":{"p":{"q":1,"q":2}}}""", "o.p.q" },
        { "PUT", "t/rows/k", """{"s":"x","a":[0,{"q":"\ud800"}]}""", "a[1].q" },
        { "PUT", "t/rows/k", """{"s":"x","a":""" + _deep + "}", "a" + string.Concat(Enumerable.Repeat("[0]", 47)) },
        { "PUT", "t/rows/", """{"s":"x"}""", "key" },
        { "PUT", "t/rows/k?rev=1", """{"s":"x"}""", "rev" },
        { "POST", "t/rows", """{"s":1}""", "s" },
        { "POST", "t/rows?key=a", """{"s":"x"}""", "key" },
        { "PATCH", "t/rows/k", """{"s":null}""", "s" },
        { "PATCH", "t/rows/k", """{"s":2}""", "s" },
        { "PATCH", "t/rows/k", """{"z":2}""", "z" },
        { "PATCH", "t/rows/k", "[]", "body" },
        { "PATCH", "t/rows/k", """{"o":{"a":1,"a":2}}""", "o.a" },
        { "DELETE", "t/rows", "", "prefix" },
        { "DELETE", "t/rows/", "", "key" },
        { "GET", "t/rows?where=n", "", "where" },
        { "GET", "t/rows?where=n:is:1", "", "where" },
        { "GET", "t/rows?where=z:eq:1", "", "where" },
        { "GET", "t/rows?where=n:eq:x", "", "where" },
        { "GET", "t/rows?where=n:eq:%221%22", "", "where" },
        { "GET", "t/rows?where=:eq:1", "", "where" },
        { "GET", "kv/rows?where=n:eq:1", "", "where" },
        { "GET", "t/rows?limit=0", "", "limit" },
        { "GET", "t/rows/k?where=n:eq:1", "", "where" },
        { "GET", "t!/rows", "", "table" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task It_is_refused_by_name_and_nothing_changes(string verb, string target, string body, string field)
    {
        await using var node = await OneTableAsync();
        var before = node.Store.Applied;

        var answer = verb is "GET" or "DELETE"
            ? await node.SendAsync(verb, $"/v1/tables/{target}")
            : await node.SendAsync(verb, $"/v1/tables/{target}", body, "Content-Type: application/json");

        Assert.Equal((400, "malformed", "not-applied", field), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        Assert.Equal(before, node.Store.Applied);
    }

    [Fact]
    public async Task A_history_of_its_own_is_refused_never_ignored()
    {
        await using var node = await OneTableAsync();

        var answer = await node.SendAsync("PUT", "/v1/tables/u", """{"history":"24h"}""");

        Assert.Equal((501, "not-supported", "not-applied", "history"), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        Assert.Equal(1, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_refused()
    {
        await using var node = await OneTableAsync();

        var answer = await TestNode.SendAsync(node.Http, "PUT", "/v1/tables/t/rows/k", [.. "{\"s\":\""u8, 0xC3, 0x28, .. "\"}"u8]);

        Assert.Equal((400, "body", "body is not UTF-8 (byte 7)"), (answer.Status, answer.Field, answer.Json.GetProperty("detail").GetString()));
    }

    [Theory]
    [InlineData("PUT", "t/rows/k", "text/plain", 415)]
    [InlineData("PUT", "t/rows/k", "application/json; charset=utf-16", 415)]
    [InlineData("PUT", "t/rows/k", "application/json; charset=utf-8", 200)]
    [InlineData("PUT", "t/rows/k", "application/x-www-form-urlencoded", 200)]
    [InlineData("PUT", "t/rows/k", null, 200)]
    [InlineData("POST", "t/rows", "application/xml", 415)]
    [InlineData("PATCH", "t/rows/k", "application/json-patch+json", 415)]
    [InlineData("PATCH", "t/rows/k", "application/x-www-form-urlencoded", 415)]
    [InlineData("PATCH", "t/rows/k", null, 415)]
    [InlineData("PATCH", "t/rows/k", "application/json", 200)]
    [InlineData("PATCH", "t/rows/k", "application/merge-patch+json", 200)]
    [InlineData("PUT", "u", "text/html", 415)]
    public async Task A_body_is_of_a_type_that_the_resource_takes(string verb, string target, string? type, int status)
    {
        await using var node = await OneTableAsync();
        await node.SendAsync("PUT", "/v1/tables/t/rows/k", """{"s":"x"}""");

        var answer = await node.SendAsync(verb, $"/v1/tables/{target}", """{"s":"y"}""", type is null ? [] : [$"Content-Type: {type}"]);

        Assert.Equal(status, answer.Status);
        if (status == 415)
        {
            Assert.Equal(("unsupported-media-type", "Content-Type", 2), (answer.Code, answer.Field, node.Store.Applied.Revision));
        }
    }

    [Fact]
    public async Task A_row_over_the_limit_is_refused_as_it_comes_and_as_it_would_be_kept()
    {
        await using var node = await TestNode.LeaderAsync(options => options with { MaxValue = 100 });
        await node.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"a","type":"string"},{"name":"b","type":"string","default":"0123456789"}]}""");

        foreach (var length in new[] { 85, 100 })
        {
            var answer = await node.SendAsync("PUT", "/v1/tables/t/rows/k", $$"""{"a":"{{new string('x', length)}}"}""");
            Assert.Equal((413, "too-large", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        }

        Assert.Equal(1, node.Store.Applied.Revision);
    }

    [Theory]
    [InlineData("PATCH", "/v1/tables/t", "GET, HEAD, PUT, DELETE")]
    [InlineData("PUT", "/v1/tables/t/rows", "GET, HEAD, POST, DELETE")]
    [InlineData("POST", "/v1/tables/t/rows/k", "GET, HEAD, PUT, PATCH, DELETE")]
    [InlineData("POST", "/v1/tables", "GET, HEAD")]
    [InlineData("GET", "/v1/txn", "POST")]
    public async Task A_wrong_verb_is_told_the_right_ones(string verb, string target, string allow)
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await node.SendAsync(verb, target, verb == "GET" ? null : "{}");

        Assert.Equal((405, allow), (answer.Status, answer["Allow"]));
    }

    [Fact]
    public async Task A_problem_is_readable_as_it_comes()
    {
        await using var node = await OneTableAsync();

        Assert.Contains("there is no table 'users'", (await node.GetAsync("/v1/tables/users/rows/k")).Text, StringComparison.Ordinal);
        Assert.Contains(
            "the body must be application/merge-patch+json", (await node.SendAsync("PATCH", "/v1/tables/t/rows/k", "{}")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/tables/t/row")]
    [InlineData("/v1/tables/t/rowsx/k")]
    [InlineData("/v1/tables/t/")]
    [InlineData("/v1/txn/")]
    public async Task An_unknown_path_is_told(string target)
    {
        await using var node = await TestNode.LeaderAsync();

        Assert.Equal("no-such-resource", (await node.GetAsync(target)).Code);
    }

    private static async Task<TestNode> OneTableAsync()
    {
        var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", """
            {"columns":[{"name":"s","type":"string"},{"name":"n","type":"number","nullable":true},{"name":"b","type":"boolean","nullable":true},
              {"name":"o","type":"object","nullable":true},{"name":"a","type":"array","nullable":true}]}
            """);
        return node;
    }
}
