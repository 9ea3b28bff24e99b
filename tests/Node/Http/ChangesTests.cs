using System.Text.Json;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.Node.Http;

/// <summary>The change feed: what was done, in order, in every form, from everywhere, filtered.</summary>
public sealed class ChangesTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task History_comes_first_and_what_is_written_then_follows_without_a_gap(bool lines, bool http2)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("a", "2");
        using var feed = await FeedReader.OpenAsync(http2 ? node.Http2 : node.Http, "?from=1", lines);
        Assert.Equal(["1: insert kv/a ->1", "2: update kv/a 1>2"], await feed.TakeAsync(2));
        await node.SendAsync("DELETE", "/v1/kv/a");
        await node.PutAsync("b", "3");
        await node.SendAsync("DELETE", "/v1/kv?prefix=&all=true");
        Assert.Equal(["3: delete kv/a 2>-", "4: insert kv/b ->3", "5: delete kv/b 3>-"], await feed.TakeAsync(3));
    }

    [Fact]
    public async Task An_event_is_as_the_contract_writes_it()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("t", "\"x\" <€>\n", "Content-Type: text/plain");
        await TestNode.SendAsync(node.Http, "PUT", "/v1/kv/t", [0xff, 0]);
        using var feed = await FeedReader.OpenAsync(node.Http, "?from=1");

        Assert.Equal((200, "text/event-stream", "no-store"), (feed.Status, feed.Header("Content-Type"), feed.Header("Cache-Control")));
        Assert.Equal("2", feed.Header("Raft-Revision"));
        Assert.NotNull(feed.Header("Raft-Session"));
        var first = (await feed.NextAsync())!;
        Assert.Equal(("change", 1), (first.Name, first.Id));
        Assert.Equal(["revision", "term", "index", "at", "changes"], first.Data.EnumerateObject().Select(member => member.Name));
        Assert.Equal((2, 1), (first.Data.GetProperty("term").GetInt64(), first.Data.GetProperty("index").GetInt64()));
        Assert.Equal(
            """[{"op":"insert","table":"kv","key":"t","before":null,"after":{"value":"\"x\" <€>\n","contentType":"text/plain"}}]""",
            first.Data.GetProperty("changes").GetRawText());
        Assert.Equal(
            """[{"op":"update","table":"kv","key":"t","before":{"value":"\"x\" <€>\n","contentType":"text/plain"},"after":{"value64":"/wA=","contentType":null}}]""",
            (await feed.NextAsync())!.Data.GetProperty("changes").GetRawText());
        var progress = (await feed.NextAsync())!;
        Assert.Equal(("progress", 2, 2), (progress.Name, progress.Id, progress.Revision));
    }

    [Fact]
    public async Task JSON_rows_of_tables_are_JSON_and_stay_on_one_line()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.Do(Put("1", "{\"n\":1.50,\r\n \"s\":\"a\\nb\"}", contentType: "application/json", table: "users"));
        node.Consensus.Do(Put("1", "{\"n\":", contentType: "application/json", table: "users"));
        node.Consensus.Do(Put("1", "{\"n\":2}", contentType: "application/json"));
        using var feed = await FeedReader.OpenAsync(node.Http, "?from=1", lines: true);

        Assert.Equal("""1: insert users/1 ->{"n":1.50,   "s":"a\nb"}""", (await feed.NextChangeAsync())!.ToString());
        // What is no JSON is shown as what it is.
        Assert.Equal("""2: update users/1 {"n":1.50,   "s":"a\nb"}>{"n":""", (await feed.NextChangeAsync())!.ToString());
        Assert.Equal("""3: insert kv/1 ->{"n":2}""", (await feed.NextChangeAsync())!.ToString());
    }

    /// <summary>query, events of the history below</summary>
    public static TheoryData<string, string[]> Filters => new()
    {
        { "table=kv", ["1: insert kv/a ->1", "3: insert kv/ab ->3", "4: update kv/a 1>4", "5: delete kv/a 4>-, delete kv/ab 3>-"] },
        { "table=users", ["2: insert users/a ->2", "6: update users/a 2>6"] },
        { "table=none", [] },
        { "prefix=ab", ["3: insert kv/ab ->3", "5: delete kv/ab 3>-"] },
        { "prefix=a&table=users", ["2: insert users/a ->2", "6: update users/a 2>6"] },
        { "op=insert", ["1: insert kv/a ->1", "2: insert users/a ->2", "3: insert kv/ab ->3"] },
        { "op=update,delete", ["4: update kv/a 1>4", "5: delete kv/a 4>-, delete kv/ab 3>-", "6: update users/a 2>6"] },
        { "op=delete&prefix=ab&table=kv", ["5: delete kv/ab 3>-"] },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Only_what_is_wanted_comes_from_history_and_as_it_happens(string query, string[] events)
    {
        await using var past = await TestNode.LeaderAsync();
        SixChanges(past);
        await using var now = await TestNode.LeaderAsync();
        using var live = await FeedReader.OpenAsync(now.Http, $"?{query}");
        await live.ProgressAsync(0);
        SixChanges(now);
        await now.PutAsync("end", "7");

        using var stored = await FeedReader.OpenAsync(past.Http, $"?from=1&{query}");
        Assert.Equal(events, await stored.TakeAsync(events.Length));
        Assert.Equal(6, (await stored.ProgressAsync(6)).Id);
        Assert.Equal(events, await live.TakeAsync(events.Length));
        Assert.Equal(events, (await past.GetAsync($"/v1/changes?from=1&wait=0s&{query}", "Accept: application/json")) switch
        {
            { Status: 204 } => [],
            var batch => [.. batch.Json.GetProperty("events").EnumerateArray().Select(data => new FeedEvent("change", null, data).ToString())],
        });
    }

    [Fact]
    public async Task Without_a_cursor_it_begins_now()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        using var feed = await FeedReader.OpenAsync(node.Http, "");
        Assert.Equal(1, (await feed.NextAsync())!.Revision);
        await node.PutAsync("a", "2");
        Assert.Equal("2: update kv/a 1>2", (await feed.NextChangeAsync())!.ToString());
    }

    [Fact]
    public async Task The_last_event_id_goes_before_the_cursor()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("a", "2");
        await node.PutAsync("a", "3");
        using var feed = await FeedReader.OpenAsync(node.Http, "?from=0", lines: false, "Last-Event-ID: 2");
        Assert.Equal("3: update kv/a 2>3", (await feed.NextAsync())!.ToString());
    }

    [Fact]
    public async Task A_cursor_in_the_future_waits()
    {
        await using var node = await TestNode.LeaderAsync(options => options with { FeedProgress = TimeSpan.FromMilliseconds(100) });
        using var feed = await FeedReader.OpenAsync(node.Http, "?from=3");
        var early = await feed.ProgressAsync(0);
        Assert.Equal((0, null), (early.Revision, early.Id));
        await node.PutAsync("a", "1");
        // It hears how far the node is, and must not go on behind that.
        Assert.Null((await feed.ProgressAsync(1)).Id);
        await node.PutAsync("a", "2");
        await node.PutAsync("a", "3");
        await node.PutAsync("a", "4");
        Assert.Equal(["3: update kv/a 2>3", "4: update kv/a 3>4"], await feed.TakeAsync(2));
        Assert.Equal(4, (await feed.ProgressAsync(4)).Id);
    }

    [Fact]
    public async Task Progress_goes_on_whatever_is_filtered_out()
    {
        await using var node = await TestNode.LeaderAsync(options => options with { FeedProgress = TimeSpan.FromMilliseconds(100) });
        using var feed = await FeedReader.OpenAsync(node.Http, "?table=none", lines: true);
        for (var revision = 1; revision <= 3; revision++)
        {
            await node.PutAsync("a", "x");
            Assert.Equal(revision, (await feed.ProgressAsync(revision)).Revision);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("&table=kv")]
    [InlineData("&prefix=k0")]
    public async Task All_rows_first_at_one_revision_then_every_change_behind_it(string filter)
    {
        await using var node = await TestNode.LeaderAsync();
        var value = new string('v', 4_000);
        for (var row = 0; row < 300; row++)
        {
            node.Consensus.Do(Put($"k{row:000}", value), Put($"k{row:000}", $"{row}", table: "users"));
        }

        using var feed = await FeedReader.OpenAsync(node.Http, $"?from=0{filter}");
        var seen = new Dictionary<string, string>();
        var first = (await feed.NextAsync())!;
        // Most rows are still to be sent: these changes must come behind them, once.
        node.Consensus.Do(Put("k050", "new"), Delete("k051"), Put("k299", "new"), Put("k0999", "new"));
        var revision = first.Revision;
        var next = first;
        for (; next.Name == "change" && next.Revision == revision; next = (await feed.NextAsync())!)
        {
            Assert.Null(next.Id);
            foreach (var change in next.Data.GetProperty("changes").EnumerateArray())
            {
                Assert.Equal("snapshot", change.GetProperty("op").GetString());
                Assert.Equal(JsonValueKind.Null, change.GetProperty("before").ValueKind);
                Assert.True(change.GetProperty("revision").GetInt64() is > 0 and <= 600);
                seen.Add($"{change.GetProperty("table")}/{change.GetProperty("key")}", change.GetProperty("after").GetProperty("value").GetString()!);
            }
        }

        Assert.Equal(600, revision);
        Assert.Equal(("progress", 600, 600), (next.Name, next.Id, next.Revision));
        var tables = filter.Contains("table", StringComparison.Ordinal) ? new[] { "kv" } : ["kv", "users"];
        var rows = filter.Contains("prefix", StringComparison.Ordinal) ? 100 : 300;
        Assert.Equal(
            tables.SelectMany(table => Enumerable.Range(0, rows).Select(row => ($"{table}/k{row:000}", table == "kv" ? value : $"{row}"))),
            seen.Select(row => (row.Key, row.Value)));
        Assert.Equal($"601: update kv/k050 {value}>new", (await feed.NextChangeAsync())!.ToString());
        Assert.Equal($"602: delete kv/k051 {value}>-", (await feed.NextChangeAsync())!.ToString());
    }

    [Fact]
    public async Task A_transaction_is_one_event_however_long_it_is()
    {
        const int Rows = 20_000;
        await using var node = await TestNode.LeaderAsync();
        using var live = await FeedReader.OpenAsync(node.Http, "?op=delete", lines: true);
        await live.ProgressAsync(0);
        for (var row = 0; row < Rows; row += 1_000)
        {
            node.Consensus.Do([.. Enumerable.Range(row, 1_000).Select(at => Put($"k{at:00000}", $"value {at}"))]);
        }

        // Longer than what is kept for all, so that even who listens reads it from the store.
        await node.SendAsync("DELETE", "/v1/kv?prefix=k");
        await node.PutAsync("k", "after");
        await node.SendAsync("DELETE", "/v1/kv/k");
        using var late = await FeedReader.OpenAsync(node.Http, $"?from={Rows + 1}&prefix=k1", lines: true);
        foreach (var (feed, first, count) in new[] { (live, 0, Rows), (late, 10_000, 10_000) })
        {
            var changes = (await feed.NextChangeAsync())!.Data.GetProperty("changes").EnumerateArray().ToList();
            Assert.Equal(
                Enumerable.Range(first, count).Select(row => ($"k{row:00000}", $"value {row}")),
                changes.Select(change => (change.GetProperty("key").GetString()!, change.GetProperty("before").GetProperty("value").GetString()!)));
        }

        Assert.Equal($"{Rows + 3}: delete kv/k after>-", (await live.NextChangeAsync())!.ToString());
    }

    [Fact]
    public async Task A_batch_holds_what_is_there_and_says_where_the_next_begins()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("a", "2");
        var batch = await node.GetAsync("/v1/changes?from=1", "Accept: application/json");

        Assert.Equal((200, "application/json"), (batch.Status, batch["Content-Type"]));
        Assert.Equal(["1: insert kv/a ->1", "2: update kv/a 1>2"], Events(batch));
        Assert.Equal(3, batch.Json.GetProperty("next").GetInt64());
        var waiting = node.GetAsync("/v1/changes?from=3&prefix=b&wait=1m", "Accept: application/json");
        await node.PutAsync("a", "3");
        await node.PutAsync("b", "4");
        Assert.Equal(["4: insert kv/b ->4"], Events(await waiting));
        Assert.Equal(5, (await waiting).Json.GetProperty("next").GetInt64());
        var nothing = await node.GetAsync("/v1/changes?from=2&prefix=c&wait=1ms", "Accept: application/json");
        Assert.Equal((204, "5", "", null), (nothing.Status, nothing["Raft-Next"], nothing.Text, nothing["Content-Type"]));
    }

    [Fact]
    public async Task A_batch_of_all_rows_is_whole()
    {
        await using var node = await TestNode.LeaderAsync();
        var nothing = await node.GetAsync("/v1/changes?from=0", "Accept: application/json");
        Assert.Equal("""{"events":[],"next":1}""", nothing.Text);
        for (var row = 0; row < 100; row++)
        {
            node.Consensus.Do(Put($"k{row:00}", new string('v', 5_000)));
        }

        var batch = (await node.GetAsync("/v1/changes?from=0", "Accept: application/json")).Json;
        Assert.Equal(101, batch.GetProperty("next").GetInt64());
        Assert.Equal(
            Enumerable.Range(0, 100).Select(row => $"k{row:00}"),
            batch.GetProperty("events").EnumerateArray().SelectMany(data => data.GetProperty("changes").EnumerateArray())
                .Select(change => change.GetProperty("key").GetString()!));
    }

    [Fact]
    public async Task A_row_on_a_lease_names_it_and_the_lease_is_a_row_too()
    {
        await using var node = await TestNode.LeaderAsync();
        var lease = (await node.SendAsync("POST", "/v1/leases", """{"ttl":"1h"}""", "Content-Type: application/json")).Json.GetProperty("id").GetInt64();
        await node.SendAsync("PUT", $"/v1/kv/a?lease={lease}", "1");
        await node.SendAsync("DELETE", $"/v1/leases/{lease}");
        using var feed = await FeedReader.OpenAsync(node.Http, "?from=1");

        var granted = (await feed.NextChangeAsync())!.Data.GetProperty("changes")[0];
        Assert.Equal(("$leases", $"{lease}", 3_600_000), (
            granted.GetProperty("table").GetString(), granted.GetProperty("key").GetString(), granted.GetProperty("after").GetProperty("ttl").GetInt64()));
        Assert.False(granted.TryGetProperty("lease", out _));
        Assert.Equal(lease, (await feed.NextChangeAsync())!.Data.GetProperty("changes")[0].GetProperty("lease").GetInt64());
        var ended = (await feed.NextChangeAsync())!;
        Assert.Equal(
            ["$leases/1 ", $"kv/a {lease}"],
            ended.Data.GetProperty("changes").EnumerateArray()
                .Select(change => $"{change.GetProperty("table")}/{change.GetProperty("key")} {(change.TryGetProperty("lease", out var of) ? of.GetRawText() : "")}")
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_head_has_the_headers_alone()
    {
        await using var node = await TestNode.LeaderAsync();
        var answer = await node.SendAsync("HEAD", "/v1/changes");
        Assert.Equal((200, 0, "text/event-stream"), (answer.Status, answer.Bytes.Length, answer["Content-Type"]));
        Assert.Equal("application/x-ndjson", (await node.SendAsync("HEAD", "/v1/changes", null, "Accept: application/x-ndjson"))["Content-Type"]);
        Assert.Equal(400, (await node.SendAsync("HEAD", "/v1/changes?from=x")).Status);
    }

    [Fact]
    public async Task A_follower_shows_its_own_history_and_the_same_as_the_leader()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using (leader)
        await using (follower)
        {
            using var feed = await FeedReader.OpenAsync(follower.Http, "?from=1");
            await leader.PutAsync("a", "1");
            await leader.PutAsync("a", "2");
            using var same = await FeedReader.OpenAsync(leader.Http, "?from=1");
            for (var revision = 1; revision <= 2; revision++)
            {
                Assert.Equal(
                    (await same.NextChangeAsync())!.Data.GetRawText(), (await feed.NextChangeAsync())!.Data.GetRawText());
            }
        }
    }

    private static string[] Events(Answer batch) =>
        [.. batch.Json.GetProperty("events").EnumerateArray().Select(data => new FeedEvent("change", null, data).ToString())];

    private static void SixChanges(TestNode node) => node.Consensus.Do(
        Put("a", "1"), Put("a", "2", table: "users"), Put("ab", "3"), Put("a", "4"), DeleteRange("a", "b"), Put("a", "6", table: "users"));
}
