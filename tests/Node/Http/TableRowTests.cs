using System.Text.RegularExpressions;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Rows with columns: written as their table says, read as they were written.</summary>
public sealed partial class TableRowTests
{
    private const string Merge = "Content-Type: application/merge-patch+json";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_row_is_written_read_patched_replaced_and_removed(bool throughFollower)
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        var node = throughFollower ? follower : leader;
        await node.SendAsync("PUT", "/v1/tables/people", TableTests.People);

        var made = await node.SendAsync("PUT", "/v1/tables/people/rows/ada", """{"age": 36.50, "name": "Ada \u00e9"}""");
        Assert.Equal((201, """{"revision":2,"version":1}""", "\"2\""), (made.Status, made.Text, made["ETag"]));
        var read = await node.GetAsync("/v1/tables/people/rows/ada");
        Assert.Matches(
            """^\{"name":"Ada é","age":36\.50,"tags":\[\],"address":null,"made":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","id":"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}"\}$""",
            read.Text);
        Assert.Equal(("application/json", "\"2\"", "1"), (read["Content-Type"], read["ETag"], read["Raft-Version"]));
        Assert.Equal(304, (await node.GetAsync("/v1/tables/people/rows/ada", "If-None-Match: \"2\"")).Status);
        var head = await node.SendAsync("HEAD", "/v1/tables/people/rows/ada");
        Assert.Equal((read.Bytes.Length.ToString(), 0), (head["Content-Length"], head.Bytes.Length));

        var patched = await node.SendAsync(
            "PATCH", "/v1/tables/people/rows/ada", """{"age":null,"address":{"city":"London","no":null}}""", Merge, "If-Match: \"2\"");
        Assert.Equal((200, """{"revision":3,"version":2}""", "\"3\""), (patched.Status, patched.Text, patched["ETag"]));
        var after = await node.GetAsync("/v1/tables/people/rows/ada");
        Assert.Contains("""{"name":"Ada é","age":null,"tags":[],"address":{"city":"London"},"made":""", after.Text, StringComparison.Ordinal);
        Assert.Equal(read.Json.GetProperty("id").GetString(), after.Json.GetProperty("id").GetString());

        Assert.Equal(412, (await node.SendAsync("PATCH", "/v1/tables/people/rows/ada", "{}", Merge, "If-Match: \"2\"")).Status);
        Assert.Equal((404, "absent"), Told(await node.SendAsync("PATCH", "/v1/tables/people/rows/none", "{}", Merge)));
        Assert.Equal(412, (await node.SendAsync("PUT", "/v1/tables/people/rows/ada", """{"name":"x"}""", "If-None-Match: *")).Status);
        Assert.Equal(200, (await node.SendAsync("PUT", "/v1/tables/people/rows/ada", """{"name":"x"}""", "If-Match: \"9\", \"3\"")).Status);
        Assert.Equal(412, (await node.SendAsync("DELETE", "/v1/tables/people/rows/ada", null, "If-Match: \"3\"")).Status);
        Assert.Equal("""{"revision":5,"deleted":true}""", (await node.SendAsync("DELETE", "/v1/tables/people/rows/ada")).Text);
        Assert.Equal((404, "absent"), Told(await node.GetAsync("/v1/tables/people/rows/ada")));
        Assert.Equal((404, "absent"), Told(await node.SendAsync("DELETE", "/v1/tables/people/rows/ada")));
        Assert.Equal(5, leader.Store.Applied.Revision);
        Assert.Equal(leader.Store.Applied.StateHash, follower.Store.Applied.StateHash);
    }

    [Theory]
    [InlineData("12345678901234567890")]
    [InlineData("1.10")]
    [InlineData("-0")]
    [InlineData("1E+2")]
    [InlineData("0.1000000000000000000000000000000000001")]
    public async Task Numbers_keep_their_digits(string number)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"n","type":"number"},{"name":"o","type":"any","nullable":true}]}""");

        await node.SendAsync("PUT", "/v1/tables/t/rows/a", $$"""{"n":{{number}},"o":[{"deep":{{number}}}]}""");
        await node.SendAsync("PATCH", "/v1/tables/t/rows/a", """{"o":{"x":1}}""", Merge);

        Assert.Equal($$$"""{"n":{{{number}}},"o":{"x":1}}""", (await node.GetAsync("/v1/tables/t/rows/a")).Text);
        Assert.Equal($$"""{"n":{{number}},"o":[{"deep":{{number}}}]}""", (await node.GetAsync("/v1/tables/t/rows/a?rev=2")).Text);
    }

    [Fact]
    public async Task A_posted_row_gets_the_revision_or_a_uuid_for_its_key()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/events", """{"key":"revision","columns":[{"name":"what","type":"string"}]}""");
        await node.SendAsync("PUT", "/v1/tables/notes", "{}");

        var event1 = await node.SendAsync("POST", "/v1/tables/events/rows", """{"what":"x"}""");
        Assert.Equal((201, """{"revision":3,"version":1,"key":"0000000000000000003"}"""), (event1.Status, event1.Text));
        Assert.Equal(("/v1/tables/events/rows/0000000000000000003", "\"3\""), (event1["Location"], event1["ETag"]));
        Assert.Equal("""{"what":"x"}""", (await node.GetAsync(event1["Location"]!)).Text);
        Assert.Equal(200, (await node.SendAsync("PUT", event1["Location"]!, """{"what":"y"}""")).Status);
        Assert.Equal((404, "absent"), Told(await node.SendAsync("PUT", "/v1/tables/events/rows/mine", """{"what":"y"}""")));
        Assert.Equal(412, (await node.SendAsync("PUT", event1["Location"]!, """{"what":"y"}""", "If-None-Match: *")).Status);

        var note = await node.SendAsync("POST", "/v1/tables/notes/rows", """{"any":[1,"thing"]}""");
        Assert.Matches(Uuid7(), note.Json.GetProperty("key").GetString());
        Assert.Equal("""{"any":[1,"thing"]}""", (await node.GetAsync(note["Location"]!)).Text);
        var value = await node.SendAsync("POST", "/v1/tables/kv/rows", "bytes", "Content-Type: text/plain");
        Assert.Equal("bytes", (await node.GetAsync($"/v1/kv/{value.Json.GetProperty("key").GetString()}")).Text);
    }

    /// <summary>query, keys; rows: a 1 "x" true, b 2.0 "y" null, c 10 "null" false, d null "x" true</summary>
    public static TheoryData<string, string> Filters => new()
    {
        { "where=n:eq:2", "b" },
        { "where=n:eq:2.000", "b" },
        { "where=n:ne:2", "a c d" },
        { "where=n:lt:10", "a b" },
        { "where=n:ge:2", "b c" },
        { "where=n:eq:null", "d" },
        { "where=n:ne:null", "a b c" },
        { "where=s:eq:x", "a d" },
        { "where=s:eq:%22x%22", "a d" },
        { "where=s:gt:x", "b" },
        { "where=s:eq:null", "" },
        { "where=s:eq:%22null%22", "c" },
        { "where=f:eq:true", "a d" },
        { "where=f:eq:null", "b" },
        { "where=s:eq:x&where=n:le:1", "a" },
        { "where=s:eq:x&start=b", "d" },
        { "where=s:eq:x&order=desc", "d a" },
        { "where=o:eq:{%22k%22:[1]}", "a" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Filters_are_decided_on_the_node(string query, string keys)
    {
        await using var node = await FourRowsAsync();

        var answer = await node.GetAsync($"/v1/tables/t/rows?{query}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(keys, string.Join(' ', answer.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("key").GetString())));
        Assert.Equal(
            keys.Length == 0 ? 0 : keys.Split(' ').Length,
            (await node.GetAsync($"/v1/tables/t/rows?count=true&{query}")).Json.GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-ndjson")]
    public async Task Pages_of_filtered_rows_are_one_picture(string accept)
    {
        await using var node = await FourRowsAsync();
        var first = await node.GetAsync("/v1/tables/t/rows?where=s:eq:x&limit=1", $"Accept: {accept}");
        var next = accept == "application/json" ? first.Json.GetProperty("next").GetString() : first["Raft-Next"];
        await node.SendAsync("DELETE", "/v1/tables/t/rows?prefix=&all=true");

        var second = await node.GetAsync($"/v1/tables/t/rows?where=s:eq:x&limit=1&after={next}");

        Assert.Equal(
            """{"revision":5,"items":[{"key":"d","value":{"n":null,"s":"x","f":true,"o":null},"contentType":"application/json","revision":5,"created":5,"version":1}],"next":null}""",
            second.Text);
        foreach (var other in new[] { "/v1/tables/t/rows?where=s:eq:y", "/v1/tables/t/rows?where=s:ne:x", "/v1/tables/kv/rows?limit=1" })
        {
            var refused = await node.GetAsync($"{other}&after={next}");
            Assert.Equal((400, "after"), (refused.Status, refused.Field));
        }
    }

    [Fact]
    public async Task A_row_may_be_on_a_lease()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", "{}");

        var put = await node.SendAsync("PUT", "/v1/tables/t/rows/a?ttl=1h", "{}");
        var post = await node.SendAsync("POST", "/v1/tables/t/rows?lease=2", "{}");

        Assert.Equal((201, """{"revision":2,"version":1,"lease":2}"""), (put.Status, put.Text));
        Assert.Equal(2, post.Json.GetProperty("lease").GetInt64());
        Assert.Equal(
            [2, 2],
            (await node.GetAsync("/v1/tables/t/rows")).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("lease").GetInt64()));
        var absent = await node.SendAsync("PUT", "/v1/tables/t/rows/a?lease=99", "{}");
        Assert.Equal((404, "lease-absent", "lease"), (absent.Status, absent.Code, absent.Field));
        await node.SendAsync("DELETE", "/v1/leases/2");
        Assert.Equal(0, (await node.GetAsync("/v1/tables/t/rows?count=true")).Json.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_change_of_the_definition_between_check_and_apply_makes_the_write_check_again()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"a","type":"string"}]}""");
        var proposed = 0;
        node.Consensus.BeforeProposal = async () =>
        {
            if (++proposed == 1)
            {
                await node.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"a","type":"string"},{"name":"b","type":"number","default":7}]}""");
            }
        };

        Assert.Equal(201, (await node.SendAsync("PUT", "/v1/tables/t/rows/k", """{"a":"x"}""")).Status);

        // The write, the definition, the write again.
        Assert.Equal(3, proposed);
        Assert.Equal("""{"a":"x","b":7}""", (await node.GetAsync("/v1/tables/t/rows/k")).Text);
        Assert.Equal(3, node.Store.Applied.Revision);
    }

    private static (int, string) Told(Answer answer) => (answer.Status, answer.Code);

    private static async Task<TestNode> FourRowsAsync()
    {
        var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/tables/t", """
            {"columns":[{"name":"n","type":"number","nullable":true},{"name":"s","type":"string"},
              {"name":"f","type":"boolean","nullable":true},{"name":"o","type":"any","nullable":true}]}
            """);
        await node.SendAsync("PUT", "/v1/tables/t/rows/a", """{"n":1,"s":"x","f":true,"o":{"k":[1.0]}}""");
        await node.SendAsync("PUT", "/v1/tables/t/rows/b", """{"n":2.0,"s":"y"}""");
        await node.SendAsync("PUT", "/v1/tables/t/rows/c", """{"n":10,"s":"null","f":false,"o":3}""");
        await node.SendAsync("PUT", "/v1/tables/t/rows/d", """{"s":"x","f":true}""");
        return node;
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    private static partial Regex Uuid7();
}
