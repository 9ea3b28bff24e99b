using System.Net;
using System.Text;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

/// <summary>A feed over nodes that come and go: every transaction once, in order, or an honest end.</summary>
public sealed class FeedTests : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    public void Dispose() => _script.Dispose();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_goes_on_at_another_node_where_it_was_cut_off()
    {
        _script.Answer(200, Change(5) + Change(7) + Change(8)[..20]).Refuse().Answer(200, Change(8) + Change(9));

        Assert.Equal((long[])[5, 7, 8, 9], await TakeAsync(new FeedQuery { From = 5, Table = "a b", Prefix = "k&", Kinds = [ChangeKind.Update, ChangeKind.Delete] }, 4));
        Assert.Equal(["n1", "n2", "n3"], _script.Hosts);
        Assert.Equal(
            ["from=5&", "from=8&", "from=8&"],
            _script.Requests.Select(asked => asked.Target.Replace("/v1/changes?", "", StringComparison.Ordinal).Replace("table=a%20b&prefix=k%26&op=update,delete", "", StringComparison.Ordinal)));
        Assert.All(_script.Requests, asked => Assert.Equal("application/x-ndjson", asked.Header("Accept")));
    }

    [Fact]
    public async Task Progress_moves_the_cursor_forward_and_never_back()
    {
        _script
            .Answer(200, Progress(20) + Change(30) + Progress(40))
            // This one is behind: it says so, and waits for the cursor.
            .Answer(200, Progress(12) + Change(41));
        var feed = _script.Client(_time).Follow(new FeedQuery());
        Assert.Null(feed.Next);

        Assert.Equal((long[])[30, 41], await TakeAsync(feed, 2));
        Assert.Equal(["/v1/changes", "/v1/changes?from=41"], _script.Requests.Select(asked => asked.Target));
        Assert.Equal(42, feed.Next);
    }

    [Fact]
    public async Task It_does_not_go_on_in_another_history()
    {
        _script
            .Answer(200, Change(3), ("Raft-Session", "of epoch 1"))
            .Problem(400, "malformed", "not-applied", retryable: false);

        var refused = await Assert.ThrowsAsync<RaftClusterException>(() => TakeAsync(new FeedQuery { From = 3 }, 2));
        Assert.Equal("malformed", refused.Code);
        Assert.Equal((string?[])[null, "of epoch 1"], _script.Requests.Select(asked => asked.Header("Raft-Session")));
    }

    [Fact]
    public async Task What_a_node_sends_twice_is_handed_out_once()
    {
        _script.Answer(200, Change(3) + Change(4) + Change(4) + Change(3) + Change(5));

        Assert.Equal((long[])[3, 4, 5], await TakeAsync(new FeedQuery { From = 3 }, 3));
    }

    [Theory]
    [InlineData("slow", "n1")]
    [InlineData("stopping", "n2")]
    public async Task A_node_that_ends_it_says_where_to_go_on(string reason, string next)
    {
        _script
            .Answer(200, Change(3) + $$"""{"event":"closed","reason":"{{reason}}","detail":"…","next":9}""" + "\n")
            .Answer(200, Change(9));

        Assert.Equal((long[])[3, 9], await TakeAsync(new FeedQuery { From = 3 }, 2));
        Assert.Equal(["n1", next], _script.Hosts);
        Assert.Equal("/v1/changes?from=9", _script.Requests[1].Target);
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task Rows_begin_anew_when_they_were_cut_off_and_are_not_sent_again_once_they_are_whole()
    {
        _script
            .Answer(200, Rows(10, "a"))
            .Answer(200, Rows(12, "a", "b") + Rows(12, "c") + Progress(12))
            .Answer(200, Change(13));
        var feed = _script.Client(_time).Follow(new FeedQuery { From = 0 });
        var seen = new List<string>();
        await foreach (var change in feed.WithCancellation(Cancellation))
        {
            seen.Add($"{change.Revision} {change.IsSnapshot} {change.BeginsSnapshot} {string.Join(' ', change.Changes.Select(row => row.Key))} {feed.Next}");
            if (!change.IsSnapshot)
            {
                break;
            }
        }

        Assert.Equal(["10 True True a ", "12 True True a b ", "12 True False c ", "13 False False k 14"], seen);
        Assert.Equal(["/v1/changes?from=0", "/v1/changes?from=0", "/v1/changes?from=13"], _script.Requests.Select(asked => asked.Target));
    }

    [Fact]
    public async Task What_is_gone_from_the_history_ends_it()
    {
        _script.Then(_ => Task.FromResult(Gone("""{"title":"t","status":410,"code":"compacted","oldestRevision":7,"revision":9}""")));
        var refused = await Assert.ThrowsAsync<RaftClusterException>(() => TakeAsync(new FeedQuery { From = 3 }, 1));
        Assert.Equal(("compacted", 7), (refused.Code, refused.Problem!.OldestRevision));

        _script.Answer(200, Change(3) + """{"event":"error","status":410,"code":"compacted","oldestRevision":70}""" + "\n");
        var ended = await Assert.ThrowsAsync<RaftClusterException>(() => TakeAsync(new FeedQuery { From = 3 }, 2));
        Assert.Equal(("compacted", 70), (ended.Code, ended.Problem!.OldestRevision));
    }

    [Fact]
    public async Task It_tries_on_without_an_end_unless_told_otherwise()
    {
        for (var attempt = 0; attempt < 30; attempt++)
        {
            _ = attempt % 3 == 0 ? _script.Refuse() : _script.Problem(503, "not-caught-up", "not-applied", retryable: true);
        }

        _script.Answer(200, Change(3));
        Assert.Equal((long[])[3], await TakeAsync(new FeedQuery { From = 3 }, 1));
        Assert.Equal(10, _time.Pauses.Count);

        _script.Refuse().Refuse().Refuse();
        var given = await Assert.ThrowsAsync<ClusterUnavailableException>(
            () => TakeAsync(new FeedQuery { From = 3, Patience = TimeSpan.FromMilliseconds(1) }, 1));
        Assert.Contains("Connection refused", given.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_of_the_request_itself_is_not_repeated()
    {
        _script.Problem(400, "malformed", "not-applied", retryable: false);
        var refused = await Assert.ThrowsAsync<RaftClusterException>(() => TakeAsync(new FeedQuery { Table = "" }, 1));
        Assert.Equal("malformed", refused.Code);
        Assert.Single(_script.Requests);
    }

    [Fact]
    public async Task Values_are_what_was_written()
    {
        _script.Answer(200,
            """{"revision":3,"term":2,"index":4,"at":"2026-11-22T21:45:00.123Z","changes":[{"op":"insert","table":"kv","key":"t","before":null,"after":{"value":"é","contentType":"text/plain"}},{"op":"update","table":"kv","key":"b","before":{"value64":"/wA=","contentType":null},"after":{"value":"","contentType":null},"lease":1},{"op":"delete","table":"users","key":"1","before":{"value":1.50},"after":null}]}"""
            + "\n");
        await foreach (var change in _script.Client(_time).Follow(new FeedQuery { From = 3 }).WithCancellation(Cancellation))
        {
            Assert.Equal((3, 2, 4), (change.Revision, change.Term, change.Index));
            Assert.Equal(new DateTimeOffset(2026, 11, 22, 21, 45, 0, 123, TimeSpan.Zero), change.At);
            Assert.Equal([ChangeKind.Insert, ChangeKind.Update, ChangeKind.Delete], change.Changes.Select(row => row.Kind));
            Assert.Equal((null, "é", "text/plain"), (change.Changes[0].Before, change.Changes[0].After!.Text, change.Changes[0].After!.ContentType));
            Assert.Equal([0xff, 0], change.Changes[1].Before!.Value.ToArray());
            Assert.Equal(("", null, 1), (change.Changes[1].After!.Text, change.Changes[1].After!.ContentType, change.Changes[1].Lease));
            Assert.Equal(("""{"value":1.50}""", "application/json", null), (change.Changes[2].Before!.Text, change.Changes[2].Before!.ContentType, change.Changes[2].After));
            Assert.Equal(3, JsonDocument.Parse(change.Json).RootElement.GetProperty("revision").GetInt32());
            break;
        }
    }

    [Fact]
    public async Task Its_caller_can_end_it_while_it_waits()
    {
        using var stop = new CancellationTokenSource();
        _script.Then(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Silence(Change(3))) }));
        var feed = _script.Client(_time).Follow(new FeedQuery { From = 3 });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var change in feed.WithCancellation(stop.Token))
            {
                Assert.Equal(3, change.Revision);
                stop.CancelAfter(TimeSpan.FromMilliseconds(1));
            }
        });
        Assert.Equal(4, feed.Next);
        Assert.Single(_script.Requests);
    }

    private static string Change(long revision) =>
        $$"""{"revision":{{revision}},"term":1,"index":{{revision}},"at":"2026-11-22T21:45:00.123Z","changes":[{"op":"update","table":"kv","key":"k","before":null,"after":null}]}""" + "\n";

    private static string Rows(long revision, params string[] keys) =>
        $$"""{"revision":{{revision}},"term":1,"index":{{revision}},"at":"2026-11-22T21:45:00.123Z","changes":["""
        + string.Join(',', keys.Select(key => $$"""{"op":"snapshot","table":"kv","key":"{{key}}","before":null,"after":{"value":"v","contentType":null},"revision":1}"""))
        + "]}\n";

    private static string Progress(long revision) => $$"""{"event":"progress","revision":{{revision}}}""" + "\n";

    private static HttpResponseMessage Gone(string body) => new(HttpStatusCode.Gone)
    {
        Content = new StringContent(body, Encoding.UTF8, "application/problem+json"),
    };

    private Task<long[]> TakeAsync(FeedQuery query, int count) => TakeAsync(_script.Client(_time).Follow(query), count);

    private static async Task<long[]> TakeAsync(ChangeFeed feed, int count)
    {
        var seen = new List<long>();
        await foreach (var change in feed.WithCancellation(Cancellation))
        {
            seen.Add(change.Revision);
            if (seen.Count == count)
            {
                break;
            }
        }

        return [.. seen];
    }

    /// <summary>Some bytes, and then nothing, without an end.</summary>
    private sealed class Silence(string begin) : Stream
    {
        private readonly MemoryStream _begin = new(Encoding.UTF8.GetBytes(begin));

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (await _begin.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                return count;
            }

            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
