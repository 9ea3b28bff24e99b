namespace RaftCluster.Tests.Node.Http;

/// <summary>Tables: what their rows are, and what becomes of rows when that changes.</summary>
public sealed class TableTests
{
    public const string People = """
        {"columns":[
          {"name":"name","type":"string"},
          {"name":"age","type":"number","nullable":true},
          {"name":"tags","type":"array","default":[]},
          {"name":"address","type":"object","nullable":true},
          {"name":"made","type":"string","default":"now"},
          {"name":"id","type":"string","default":"uuid"}]}
        """;

    [Fact]
    public async Task A_table_is_made_read_listed_and_removed_with_its_rows()
    {
        await using var node = await TestNode.LeaderAsync();

        var made = await node.SendAsync("PUT", "/v1/tables/people", People);
        Assert.Equal((201, """{"revision":1,"version":1}""", "\"1\""), (made.Status, made.Text, made["ETag"]));
        await node.SendAsync("PUT", "/v1/tables/people/rows/a", """{"name":"Ada"}""");
        await node.SendAsync("PUT", "/v1/tables/free", "{}");

        var read = await node.GetAsync("/v1/tables/people");
        Assert.Equal((200, "\"1\"", "1", "application/json"), (read.Status, read["ETag"], read["Raft-Version"], read["Content-Type"]));
        Assert.Equal(304, (await node.GetAsync("/v1/tables/people", "If-None-Match: \"1\"")).Status);
        Assert.Equal(
            """{"revision":3,"items":[{"name":"kv","builtIn":true,"key":"given","rows":0,"bytes":0},{"name":"free","key":"given","rows":0,"bytes":0,"revision":3,"created":3,"version":1},""",
            (await node.GetAsync("/v1/tables")).Text.Split("{\"name\":\"people\"")[0]);

        var gone = await node.SendAsync("DELETE", "/v1/tables/people");
        Assert.Equal((200, """{"revision":4,"deleted":true,"rows":1}"""), (gone.Status, gone.Text));
        Assert.Equal((404, "table-absent"), Told(await node.GetAsync("/v1/tables/people")));
        Assert.Equal((404, "table-absent"), Told(await node.SendAsync("DELETE", "/v1/tables/people")));
        Assert.Equal((404, "table-absent"), Told(await node.GetAsync("/v1/tables/people/rows/a")));
        Assert.Equal((404, "table-absent"), Told(await node.GetAsync("/v1/tables/people/rows")));
        Assert.Equal((404, "table-absent"), Told(await node.SendAsync("PUT", "/v1/tables/people/rows/a", """{"name":"Ada"}""")));
        Assert.Equal((404, "table-absent"), Told(await node.SendAsync("DELETE", "/v1/tables/people/rows?prefix=a")));
        Assert.Equal(200, (await node.GetAsync("/v1/tables/people/rows/a?rev=3")).Status);
        Assert.Equal(4, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task What_is_read_can_be_put_again()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", """
            {"key":"revision","columns":[
              {"name":"a","type":"string","default":{"constant":"now"}},
              {"name":"b","type":"any","default":{"constant":{"constant":1}}},
              {"name":"c","type":"number","nullable":true,"default":1.10}]}
            """);
        var first = (await node.GetAsync("/v1/tables/t")).Text;

        Assert.Equal(200, (await node.SendAsync("PUT", "/v1/tables/t", first)).Status);

        Assert.Equal(first, (await node.GetAsync("/v1/tables/t")).Text);
        Assert.Equal(
            """{"name":"t","columns":[{"name":"a","type":"string","nullable":false,"default":{"constant":"now"}},{"name":"b","type":"any","nullable":false,"default":{"constant":{"constant":1}}},{"name":"c","type":"number","nullable":true,"default":1.10}],"key":"revision"}""",
            first);
    }

    [Fact]
    public async Task Old_rows_show_what_a_new_definition_says_and_their_history_what_the_old_one_said()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"a","type":"string"},{"name":"b","type":"number","nullable":true}]}""");
        await node.SendAsync("PUT", "/v1/tables/t/rows/k", """{"b":1.10,"a":"x"}""");

        await node.SendAsync("PUT", "/v1/tables/t", """
            {"columns":[{"name":"c","type":"boolean","default":true},{"name":"a","type":"any"},{"name":"d","type":"string","nullable":true}]}
            """);
        Assert.Equal("""{"c":true,"a":"x","d":null}""", await RowAsync(node, "k"));
        Assert.Equal("""{"a":"x","b":1.10}""", await RowAsync(node, "k?rev=2"));

        // Another default is for new rows; what the old ones showed stays.
        await node.SendAsync("PUT", "/v1/tables/t", """
            {"columns":[{"name":"c","type":"boolean","default":false},{"name":"a","type":"any"},{"name":"d","type":"string","nullable":true}]}
            """);
        await node.SendAsync("PUT", "/v1/tables/t/rows/l", """{"a":[1]}""");
        Assert.Equal("""{"c":true,"a":"x","d":null}""", await RowAsync(node, "k"));
        Assert.Equal("""{"c":false,"a":[1],"d":null}""", await RowAsync(node, "l"));

        // A patch leaves an old row as old as it is in what it does not name.
        await node.SendAsync("PATCH", "/v1/tables/t/rows/k", """{"d":"y"}""", "Content-Type: application/merge-patch+json");
        Assert.Equal("""{"c":true,"a":"x","d":"y"}""", await RowAsync(node, "k"));
    }

    /// <summary>definition before, definition after, field</summary>
    public static TheoryData<string, string, string> Conflicts => new()
    {
        { """{"columns":[{"name":"a","type":"string"}]}""", """{"columns":[{"name":"a","type":"number"}]}""", "a" },
        { """{"columns":[{"name":"a","type":"any"}]}""", """{"columns":[{"name":"a","type":"string"}]}""", "a" },
        { """{"columns":[{"name":"a","type":"string","nullable":true}]}""", """{"columns":[{"name":"a","type":"string"}]}""", "a" },
        { """{"columns":[]}""", """{"columns":[{"name":"b","type":"string"}]}""", "b" },
        { """{"columns":[]}""", """{"columns":[{"name":"b","type":"string","default":"now"}]}""", "b" },
        { """{"columns":[]}""", "{}", "columns" },
        { "{}", """{"columns":[]}""", "columns" },
        { "{}", """{"key":"revision"}""", "key" },
    };

    [Theory]
    [MemberData(nameof(Conflicts))]
    public async Task A_definition_that_old_rows_could_not_be_shown_by_is_refused(string before, string after, string field)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", before);

        var answer = await node.SendAsync("PUT", "/v1/tables/t", after);

        Assert.Equal((409, "table-conflict", "not-applied", field), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        Assert.Equal(1, node.Store.Applied.Revision);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task A_definition_holds_to_its_condition(string verb)
    {
        await using var node = await TestNode.LeaderAsync();
        var body = verb == "PUT" ? "{}" : null;
        Assert.Equal(412, (await node.SendAsync(verb, "/v1/tables/t", body, "If-Match: *")).Status);
        await node.SendAsync("PUT", "/v1/tables/t", "{}", "If-None-Match: *");

        var refused = await node.SendAsync(verb, "/v1/tables/t", body, "If-Match: \"7\"");
        Assert.Equal((412, "precondition-failed", "\"1\""), (refused.Status, refused.Code, refused["ETag"]));
        Assert.Equal(412, (await node.SendAsync(verb, "/v1/tables/t", body, "If-None-Match: *")).Status);
        Assert.Equal(200, (await node.SendAsync(verb, "/v1/tables/t", body, "If-Match: \"7\", \"1\"")).Status);
    }

    [Fact]
    public async Task Kv_is_a_table_too_and_the_clusters_own_tables_are_to_be_read()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", "{}");
        await node.SendAsync("PUT", "/v1/tables/kv/rows/a%2Fb", "text", "Content-Type: text/plain");

        Assert.Equal("text", (await node.GetAsync("/v1/kv/a/b")).Text);
        Assert.Equal((await node.GetAsync("/v1/kv")).Text, (await node.GetAsync("/v1/tables/kv/rows")).Text);
        Assert.Equal("""{"key":"given"}""", (await node.GetAsync("/v1/tables/$tables/rows/t")).Text);
        Assert.Equal(1, (await node.GetAsync("/v1/tables/%24tables/rows?count=true")).Json.GetProperty("count").GetInt32());
        Assert.Equal((404, "table-absent"), Told(await node.GetAsync("/v1/tables/$nonsense/rows")));
        Assert.Equal((409, "table-conflict"), Told(await node.SendAsync("PUT", "/v1/tables/kv", "{}")));
        Assert.Equal((409, "table-conflict"), Told(await node.SendAsync("DELETE", "/v1/tables/kv")));
        foreach (var (verb, target) in new[]
        {
            ("PUT", "$tables"), ("DELETE", "$tables"), ("PUT", "$tables/rows/t"), ("PATCH", "$leases/rows/t"),
            ("DELETE", "$locks/rows/t"), ("POST", "$tables/rows"), ("DELETE", "$tables/rows?prefix=t"),
        })
        {
            var answer = await node.SendAsync(verb, $"/v1/tables/{target}", "{}", "Content-Type: application/json");
            Assert.Equal((400, "malformed", "table"), (answer.Status, answer.Code, answer.Field));
        }

        Assert.Equal(2, node.Store.Applied.Revision);
    }

    private static (int, string) Told(Answer answer) => (answer.Status, answer.Code);

    private static async Task<string> RowAsync(TestNode node, string key) => (await node.GetAsync($"/v1/tables/t/rows/{key}")).Text;
}
