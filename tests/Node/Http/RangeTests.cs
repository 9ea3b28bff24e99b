using System.Text.Json;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Ranges: which rows, in which order and form, and pages that are one picture.</summary>
public sealed class RangeTests
{
    /// <summary>query, keys</summary>
    public static TheoryData<string, string> Queries => new()
    {
        { "", "a a/1 a/2 b c" },
        { "prefix=", "a a/1 a/2 b c" },
        { "prefix=a", "a a/1 a/2" },
        { "prefix=a%2F", "a/1 a/2" },
        { "prefix=x", "" },
        { "start=a/2", "a/2 b c" },
        { "end=a/2", "a a/1" },
        { "start=a/1&end=c", "a/1 a/2 b" },
        { "start=b&end=b", "" },
        { "start=b&end=", "b c" },
        { "order=desc", "c b a/2 a/1 a" },
        { "order=desc&start=a/1&end=c&limit=2", "b a/2" },
        { "limit=2", "a a/1" },
        { "rev=2", "a a/1" },
        { "prefix=a&rev=1", "a" },
    };

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task It_holds_the_rows_that_are_meant(string query, string keys)
    {
        await using var node = await FiveRowsAsync();

        var answer = await node.GetAsync($"/v1/kv?{query}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(keys, Keys(answer));
        Assert.Equal(5, answer.Revision);
        Assert.Equal("0", answer["Raft-Staleness"]);
        var count = (await node.GetAsync($"/v1/kv?count=true&{query.Replace("limit=2", "", StringComparison.Ordinal)}")).Json;
        if (!query.Contains("limit", StringComparison.Ordinal))
        {
            Assert.Equal(keys.Length == 0 ? 0 : keys.Split(' ').Length, count.GetProperty("count").GetInt64());
        }
    }

    [Fact]
    public async Task Text_stays_text_and_other_bytes_are_base64()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("t", "\"x\" <€>\n", "Content-Type: text/plain");
        await TestNode.SendAsync(node.Http, "PUT", "/v1/kv/u", [0xff, 0x00]);

        var items = (await node.GetAsync("/v1/kv")).Json.GetProperty("items");

        Assert.Equal("""{"key":"t","value":"\"x\" <€>\n","contentType":"text/plain","revision":1,"created":1,"version":1}""", items[0].GetRawText());
        Assert.Equal("""{"key":"u","value64":"/wA=","contentType":null,"revision":2,"created":2,"version":1}""", items[1].GetRawText());
        var keys = (await node.GetAsync("/v1/kv?keys=true")).Json.GetProperty("items");
        Assert.Equal("""{"key":"t","revision":1,"created":1,"version":1}""", keys[0].GetRawText());
    }

    [Theory]
    [InlineData("asc")]
    [InlineData("desc")]
    public async Task Pages_are_one_picture_whatever_is_written_between_them(string order)
    {
        await using var node = await TestNode.LeaderAsync();
        for (var row = 0; row < 10; row++)
        {
            await node.PutAsync($"k{row}", "old");
        }

        var seen = new List<string>();
        string? next = null;
        do
        {
            var answer = await node.GetAsync($"/v1/kv?prefix=k&limit=3&order={order}{(next is null ? "" : $"&after={next}")}");
            Assert.Equal(10, answer.Json.GetProperty("revision").GetInt64());
            seen.AddRange(answer.Json.GetProperty("items").EnumerateArray().Select(
                item => $"{item.GetProperty("key")}={item.GetProperty("value")}"));
            next = answer.Json.GetProperty("next").GetString();

            // Behind, before and among the rows that are still to come.
            await node.PutAsync("k0", "new");
            await node.PutAsync("k55", "new");
            await node.PutAsync("k9", "new");
            await node.SendAsync("DELETE", "/v1/kv/k5");
        }
        while (next is not null);

        var all = Enumerable.Range(0, 10).Select(row => $"k{row}=old");
        Assert.Equal(order == "asc" ? all : all.Reverse(), seen);
    }

    [Theory]
    [InlineData("prefix=k&limit=2", "prefix=k&order=desc&limit=2")]
    [InlineData("prefix=k&limit=2", "limit=2")]
    [InlineData("prefix=k&limit=2", "prefix=k1&limit=2")]
    [InlineData("prefix=k&limit=2", "prefix=k&keys=true&limit=2")]
    [InlineData("prefix=k&limit=2", "prefix=k&rev=3&limit=2")]
    [InlineData("start=k&end=l&limit=2", "start=k&limit=2")]
    public async Task A_page_token_is_good_for_its_own_query_alone(string first, string second)
    {
        await using var node = await TestNode.LeaderAsync();
        for (var row = 0; row < 5; row++)
        {
            await node.PutAsync($"k{row}", "v");
        }

        var next = (await node.GetAsync($"/v1/kv?{first}")).Json.GetProperty("next").GetString();

        Assert.Equal(200, (await node.GetAsync($"/v1/kv?{first.Replace("limit=2", "limit=1", StringComparison.Ordinal)}&after={next}")).Status);
        var refused = await node.GetAsync($"/v1/kv?{second}&after={next}");
        Assert.Equal((400, "after"), (refused.Status, refused.Field));
        for (var at = 0; at < next!.Length; at++)
        {
            var damaged = next[..at] + (next[at] == 'A' ? 'B' : 'A') + next[(at + 1)..];
            Assert.Equal((400, "after"), await StatusAndFieldAsync(node, $"/v1/kv?{first}&after={damaged}"));
        }
    }

    [Fact]
    public async Task A_long_range_is_streamed_whole_and_consistent_while_writes_go_on()
    {
        await using var node = await TestNode.LeaderAsync();
        var value = new string('v', 10_000);
        for (var row = 0; row < 200; row++)
        {
            await node.PutAsync($"k{row:000}", value);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/kv");
        request.Headers.Add("Accept", "application/x-ndjson");
        using var response = await node.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        for (var row = 0; row < 200; row++)
        {
            await node.SendAsync("DELETE", $"/v1/kv/k{row:000}");
        }

        var lines = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n');
        Assert.Equal("", lines[^1]);
        Assert.Equal(
            Enumerable.Range(0, 200).Select(row => $"k{row:000}"),
            lines[..^1].Select(line => JsonDocument.Parse(line).RootElement.GetProperty("key").GetString()!));
    }

    [Fact]
    public async Task Lines_with_a_limit_end_with_the_token_of_the_next_page()
    {
        await using var node = await FiveRowsAsync();

        var answer = await node.GetAsync("/v1/kv?limit=2", "Accept: application/x-ndjson");

        Assert.Equal(2, answer.Text.Count(letter => letter == '\n'));
        Assert.Equal("a/2 b c", Keys(await node.GetAsync($"/v1/kv?after={answer["Raft-Next"]}")));
    }

    [Fact]
    public async Task A_prefix_is_removed_in_one_revision()
    {
        await using var node = await FiveRowsAsync();

        var some = await node.SendAsync("DELETE", "/v1/kv?prefix=a/");
        Assert.Equal((200, """{"revision":6,"deleted":2}"""), (some.Status, some.Text));
        var none = await node.SendAsync("DELETE", "/v1/kv?prefix=x");
        Assert.Equal((200, """{"revision":6,"deleted":0}"""), (none.Status, none.Text));
        var all = await node.SendAsync("DELETE", "/v1/kv?prefix=&all=true");
        Assert.Equal((200, """{"revision":7,"deleted":3}"""), (all.Status, all.Text));
        Assert.Equal("", Keys(await node.GetAsync("/v1/kv")));
        Assert.Equal("a a/1 a/2 b c", Keys(await node.GetAsync("/v1/kv?rev=5")));
    }

    [Fact]
    public async Task A_head_has_the_headers_alone()
    {
        await using var node = await FiveRowsAsync();

        var answer = await node.SendAsync("HEAD", "/v1/kv?prefix=a");

        Assert.Equal((200, 0, 5), (answer.Status, answer.Bytes.Length, answer.Revision));
    }

    private static async Task<(int, string?)> StatusAndFieldAsync(TestNode node, string target)
    {
        var answer = await node.GetAsync(target);
        return (answer.Status, answer.Field);
    }

    private static string Keys(Answer answer) =>
        string.Join(' ', answer.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("key").GetString()));

    private static async Task<TestNode> FiveRowsAsync()
    {
        var node = await TestNode.LeaderAsync();
        foreach (var key in new[] { "a", "a/1", "a/2", "b", "c" })
        {
            await node.PutAsync(key, "v");
        }

        return node;
    }
}
