using System.Text.Json;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Tables that may hold no more than so much, as a client meets them.</summary>
public sealed class QuotaTests
{
    /// <summary>verb, target, body: what would make the table too large</summary>
    public static TheoryData<string, string, string> TooMuch => new()
    {
        { "PUT", "/v1/tables/t/rows/c", """{"n":1}""" },
        { "POST", "/v1/tables/t/rows", """{"n":1}""" },
        { "POST", "/v1/txn", """{"then":[{"op":"put","table":"t","key":"c","value":{"n":1}}]}""" },
        { "POST", "/v1/txn", """{"then":[{"op":"put","key":"x","value":"1"},{"op":"put","table":"t","key":"c","value":{"n":1}}]}""" },
        { "PUT", "/v1/tables/t/rows/c?ttl=30s", """{"n":1}""" },
    };

    [Theory, MemberData(nameof(TooMuch))]
    public async Task What_is_too_much_is_refused_by_name_and_nothing_changes(string verb, string target, string body)
    {
        await using var node = await StartAsync("""{"columns":[{"name":"n","type":"number"}],"maxRows":2}""");
        var revision = node.Store.Applied.Revision;

        var answer = await node.SendAsync(verb, target, body, "Content-Type: application/json");

        Assert.Equal((507, "quota-exceeded", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        Assert.Equal("table 't' may hold 2 rows (maxRows), and holds 2: this would make it 3", answer.Json.GetProperty("detail").GetString());
        Assert.False(answer.Json.GetProperty("retryable").GetBoolean());
        Assert.Equal(revision, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task What_stays_within_it_or_makes_room_goes()
    {
        await using var node = await StartAsync("""{"columns":[{"name":"n","type":"number"}],"maxRows":2,"maxBytes":100}""");

        Assert.Equal(200, (await node.SendAsync("PUT", "/v1/tables/t/rows/a", """{"n":7}""")).Status);
        Assert.Equal(507, (await node.SendAsync("PUT", "/v1/tables/t/rows/a", $$"""{"n":{{new string('1', 90)}}}""")).Status);
        Assert.Equal(200, (await node.SendAsync("DELETE", "/v1/tables/t/rows/a")).Status);
        Assert.Equal(201, (await node.SendAsync("PUT", "/v1/tables/t/rows/c", """{"n":7}""")).Status);
    }

    [Fact]
    public async Task The_refusal_is_the_same_under_the_same_key_and_the_definition_says_the_quota_and_the_list_the_use()
    {
        await using var node = await StartAsync("""{"maxRows":2,"maxBytes":1000}""");
        var first = await node.SendAsync("PUT", "/v1/tables/t/rows/c", """{"n":1}""", "Idempotency-Key: q");
        await node.SendAsync("DELETE", "/v1/tables/t/rows/a");
        var again = await node.SendAsync("PUT", "/v1/tables/t/rows/c", """{"n":1}""", "Idempotency-Key: q");
        Assert.Equal((507, 507, "true"), (first.Status, again.Status, again["Raft-Replayed"]));

        var definition = await node.GetAsync("/v1/tables/t");
        Assert.Equal((2, 1000), (definition.Json.GetProperty("maxRows").GetInt64(), definition.Json.GetProperty("maxBytes").GetInt64()));
        Assert.Equal(200, (await node.SendAsync("PUT", "/v1/tables/t", definition.Text)).Status);

        var list = (await node.GetAsync("/v1/tables")).Json.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([("kv", 0, 0), ("t", 1, 8)], list.Select(Use));
    }

    [Theory]
    [InlineData("""{"maxRows":-1}""", "maxRows")]
    [InlineData("""{"maxRows":1.5}""", "maxRows")]
    [InlineData("""{"maxRows":"2"}""", "maxRows")]
    [InlineData("""{"maxBytes":true}""", "maxBytes")]
    [InlineData("""{"maxrows":1}""", "maxrows")]
    [InlineData("""{"quota":1}""", "quota")]
    public async Task A_wrong_definition_is_named(string definition, string field)
    {
        await using var node = await TestNode.LeaderAsync();
        var answer = await node.SendAsync("PUT", "/v1/tables/t", definition);
        Assert.Equal((400, field), (answer.Status, answer.Field));
    }

    private static async Task<TestNode> StartAsync(string definition)
    {
        var node = await TestNode.LeaderAsync();
        Assert.Equal(201, (await node.SendAsync("PUT", "/v1/tables/t", definition)).Status);
        await node.SendAsync("PUT", "/v1/tables/t/rows/a", """{"n":1}""");
        await node.SendAsync("PUT", "/v1/tables/t/rows/b", """{"n":2}""");
        return node;
    }

    private static (string?, long, long) Use(JsonElement table) =>
        (table.GetProperty("name").GetString(), table.GetProperty("rows").GetInt64(), table.GetProperty("bytes").GetInt64());
}
