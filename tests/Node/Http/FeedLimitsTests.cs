using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RaftCluster.Tests.StateMachine;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Where a feed ends: history that is gone, readers that don't read, a node that stops, too many at once.</summary>
public sealed class FeedLimitsTests
{
    /// <summary>So many values of 1 MiB are more than a connection holds, on both sides.</summary>
    private const int Much = 40;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Below_the_oldest_revision_it_is_gone()
    {
        await using var node = await TestNode.LeaderAsync();
        using var copy = CopyOf(node, floor: 3, Put("a", "1"), Put("a", "2"), Put("a", "3"), Put("a", "4"));
        node.Store.SwitchTo(copy.Sub("rows"));

        foreach (var (query, header, field) in new[] { ("from=2", "X: y", "from"), ("from=0", "Last-Event-ID: 1", "Last-Event-ID") })
        {
            foreach (var accept in new[] { "text/event-stream", "application/x-ndjson", "application/json" })
            {
                var gone = await node.GetAsync($"/v1/changes?{query}", $"Accept: {accept}", header);
                Assert.Equal((410, "compacted", field), (gone.Status, gone.Code, gone.Field));
                Assert.Equal(3, gone.Json.GetProperty("oldestRevision").GetInt64());
                Assert.Equal(4, gone.Revision);
            }
        }

        using var feed = await FeedReader.OpenAsync(node.Http, "?from=3");
        Assert.Equal(["3: update kv/a 2>3", "4: update kv/a 3>4"], await feed.TakeAsync(2));
    }

    [Fact]
    public async Task What_was_compacted_is_gone_and_the_rest_is_whole()
    {
        await using var node = await TestNode.LeaderAsync();
        for (var value = 1; value <= 5; value++)
        {
            await node.PutAsync("a", $"{value}");
        }

        using var behind = await FeedReader.OpenAsync(node.Http, "?from=5");
        Assert.Equal(200, (await node.SendAsync("POST", "/v1/compact", """{"revision":3}""", "Content-Type: application/json")).Status);
        var gone = await node.GetAsync("/v1/changes?from=2");
        Assert.Equal((410, 3), (gone.Status, gone.Json.GetProperty("oldestRevision").GetInt64()));
        node.Store.SweepHistory(int.MaxValue, Patience);
        using var feed = await FeedReader.OpenAsync(node.Http, "?from=3");
        Assert.Equal(["3: update kv/a 2>3", "4: update kv/a 3>4", "5: update kv/a 4>5"], await feed.TakeAsync(3));
        Assert.Equal("5: update kv/a 4>5", (await behind.NextChangeAsync())!.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_is_switched_goes_on_without_a_gap_or_ends_when_there_is_one(bool gap)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        using var all = await FeedReader.OpenAsync(node.Http, "?from=1");
        using var some = await FeedReader.OpenAsync(node.Http, "?prefix=b", lines: true);
        Assert.Equal("1: insert kv/a ->1", (await all.NextAsync())!.ToString());
        await all.ProgressAsync(1);
        await some.ProgressAsync(1);
        using var copy = CopyOf(node, gap ? 4 : 0, Put("a", "1"), Put("a", "2"), Put("b", "3"), Put("a", "4"));
        node.Consensus.SwitchTo(copy.Sub("rows"));

        if (gap)
        {
            foreach (var feed in new[] { all, some })
            {
                var error = (await feed.NextChangeAsync())!;
                Assert.Equal("error", error.Name);
                Assert.Equal("compacted", error.Data.GetProperty("code").GetString());
                Assert.Equal((410, 4), (error.Data.GetProperty("status").GetInt32(), error.Data.GetProperty("oldestRevision").GetInt64()));
                Assert.Null(await feed.NextAsync());
            }
        }
        else
        {
            Assert.Equal(["2: update kv/a 1>2", "3: insert kv/b ->3", "4: update kv/a 2>4"], await all.TakeAsync(3));
            Assert.Equal("3: insert kv/b ->3", (await some.NextChangeAsync())!.ToString());
        }
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("from=1&", false)]
    [InlineData("", true)]
    public async Task A_reader_that_takes_nothing_is_let_go_and_makes_no_write_wait(string from, bool http2)
    {
        await using var node = await TestNode.LeaderAsync(options => options with
        {
            FeedStall = TimeSpan.FromMilliseconds(500),
            FeedBuffer = 1 << 20,
        });
        using var feed = await FeedReader.OpenAsync(http2 ? node.Http2 : node.Http, $"?{from}prefix=k");
        Assert.Equal(1, node.Feeds.Readers);
        // More than all buffers between the node and this reader hold.
        await WriteMuchAsync(node);
        await UntilAsync(() => node.Feeds.Readers == 0, "the reader is let go");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slow_reader_that_wakes_up_is_told_where_to_go_on(bool lines)
    {
        await using var node = await TestNode.LeaderAsync(options => options with { FeedStall = TimeSpan.FromMinutes(5), FeedBuffer = 1 << 20 });
        using var feed = await FeedReader.OpenAsync(node.Http, "?prefix=k", lines);
        await WriteMuchAsync(node);

        // What it has not taken is more than is kept for all.
        var seen = 0;
        var last = await feed.NextChangeAsync();
        for (; last is { Name: "change" }; last = await feed.NextChangeAsync())
        {
            Assert.Equal(++seen, last.Revision);
        }

        Assert.NotNull(last);
        Assert.Equal(("closed", "slow"), (last.Name, last.Data.GetProperty("reason").GetString()));
        Assert.InRange(seen, 0, Much - 1);
        Assert.Equal(seen + 1, last.Data.GetProperty("next").GetInt64());
        Assert.Equal(lines ? null : seen, last.Id);
        Assert.Null(await feed.NextAsync());
        using var rest = await FeedReader.OpenAsync(node.Http, $"?from={seen + 1}&prefix=k", lines);
        for (var revision = seen + 1; revision <= Much; revision++)
        {
            Assert.Equal(revision, (await rest.NextChangeAsync())!.Revision);
        }
    }

    [Fact]
    public async Task A_reader_that_leaves_frees_its_place_at_once()
    {
        await using var node = await TestNode.LeaderAsync(options => options with { FeedReaders = 2 });
        using var first = await FeedReader.OpenAsync(node.Http, "");
        var second = await FeedReader.OpenAsync(node.Http2, "?from=0", lines: true);
        var refused = await node.GetAsync("/v1/changes");
        Assert.Equal((503, "overloaded", "1"), (refused.Status, refused.Code, refused["Retry-After"]));
        Assert.Equal(503, (await node.GetAsync("/v1/changes?wait=0s", "Accept: application/json")).Status);
        Assert.Equal(200, (await node.SendAsync("HEAD", "/v1/changes")).Status);
        second.Dispose();
        await UntilAsync(() => node.Feeds.Readers == 1, "its place is free");
        Assert.Equal(204, (await node.GetAsync("/v1/changes?wait=0s", "Accept: application/json")).Status);
    }

    [Fact]
    public async Task A_node_that_stops_says_where_to_go_on_and_does_not_wait_for_readers()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        using var feed = await FeedReader.OpenAsync(node.Http, "");
        using var lines = await FeedReader.OpenAsync(node.Http, "?from=9", lines: true);
        var batch = node.GetAsync("/v1/changes?wait=10m", "Accept: application/json");
        await UntilAsync(() => node.Feeds.Readers == 3, "all three are there");
        await feed.ProgressAsync(1);
        await lines.ProgressAsync(1);
        await node.StopGentlyAsync(Patience);

        var closed = (await feed.NextAsync())!;
        Assert.Equal(("closed", 1), (closed.Name, closed.Id));
        Assert.Equal(("stopping", 2), (closed.Data.GetProperty("reason").GetString(), closed.Data.GetProperty("next").GetInt64()));
        Assert.Null(await feed.NextAsync());
        Assert.Equal(9, (await lines.NextAsync())!.Data.GetProperty("next").GetInt64());
        Assert.Equal(204, (await batch).Status);
    }

    [Fact]
    public async Task A_node_that_is_being_rebuilt_shows_no_history()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.Standing = node.Consensus.Standing with { IsRebuilding = true };
        var refused = await node.GetAsync("/v1/changes");
        Assert.Equal((503, "not-caught-up"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task Many_readers_each_get_theirs_and_nothing_else()
    {
        const int Readers = 200;
        await using var node = await TestNode.LeaderAsync();
        var feeds = new List<FeedReader>();
        for (var reader = 0; reader < Readers; reader++)
        {
            feeds.Add(await FeedReader.OpenAsync(node.Http2, $"?from=1&prefix=r{reader:000}/", lines: true));
        }

        using var all = await FeedReader.OpenAsync(node.Http, "?from=1");
        for (var round = 0; round < 3; round++)
        {
            node.Consensus.Do([.. Enumerable.Range(0, Readers).Select(reader => Put($"r{reader:000}/k", $"{round}"))]);
        }

        for (var reader = 0; reader < Readers; reader++)
        {
            Assert.Equal(
                [
                    $"{reader + 1}: insert kv/r{reader:000}/k ->0",
                    $"{reader + 1 + Readers}: update kv/r{reader:000}/k 0>1",
                    $"{reader + 1 + (2 * Readers)}: update kv/r{reader:000}/k 1>2",
                ],
                await feeds[reader].TakeAsync(3));
        }

        for (var revision = 1; revision <= 3 * Readers; revision++)
        {
            Assert.Equal(revision, (await all.NextChangeAsync())!.Revision);
        }

        feeds.ForEach(feed => feed.Dispose());
        await UntilAsync(() => node.Feeds.Readers == 1, "all others have left");
    }

    /// <summary>A copy of a store that did these commands, one an entry, and dropped what is below a floor.</summary>
    private static TemporaryFolder CopyOf(TestNode node, long floor, params Command[] commands)
    {
        var folder = new TemporaryFolder();
        using (var store = RowStore.Open(folder.Sub("rows")))
        {
            foreach (var command in commands)
            {
                store.Apply(store.Applied.Index + 1, node.Consensus.Standing.Term, Entry(1, command));
            }
        }

        var record = new byte[MetaRecords.FloorLength];
        MetaRecords.WriteFloor(record, floor);
        StoreFiles.Rewrite(folder.Sub("rows"), MetaRecords.FloorKey, record);
        return folder;
    }

    private static async Task WriteMuchAsync(TestNode node)
    {
        var value = new string('v', 1 << 20);
        for (var write = 0; write < Much; write++)
        {
            Assert.InRange((await node.PutAsync("k", value)).Status, 200, 201);
        }
    }

    private static async Task UntilAsync(Func<bool> holds, string what)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        bound.CancelAfter(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            try
            {
                await Task.Delay(5, bound.Token);
            }
            catch (OperationCanceledException) when (!Patience.IsCancellationRequested)
            {
                Assert.Fail($"not so: {what}");
            }
        }
    }
}
