using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using RaftCluster.Client;
using RaftCluster.Tests.Node.Http;

namespace RaftCluster.Tests.Client;

/// <summary>Writes that are called at the same time share requests, and each has its own end.</summary>
public sealed class GatherTests : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task What_is_called_while_requests_are_under_way_is_the_next_one()
    {
        var (gate, sent) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new ConcurrentQueue<JsonElement>());
        using var client = Client(_script.Afterwards(async request =>
        {
            var items = await ItemsAsync(request);
            sent.Enqueue(items);
            await gate.Task;
            return Done(items);
        }));

        var first = Enumerable.Range(0, 8).Select(at => PutAsync(client, at)).ToList();
        var later = Enumerable.Range(8, 20).Select(at => PutAsync(client, at)).ToList();
        Assert.Equal(8, sent.Count);
        gate.SetResult();
        await Task.WhenAll(first.Concat(later));

        Assert.All(sent.Take(8), items => Assert.Equal(1, items.GetArrayLength()));
        Assert.Equal([20], sent.Skip(8).Select(items => items.GetArrayLength()));
        Assert.Equal(
            Enumerable.Range(8, 20).Select(at => $"k{at}"), sent.Last().EnumerateArray().Select(item => item.GetProperty("key").GetString()));
        Assert.Equal(28, sent.SelectMany(items => items.EnumerateArray()).Select(item => item.GetProperty("idempotencyKey").GetString()).Distinct().Count());
        Assert.All(_script.Requests, asked => Assert.Equal(("POST", "/v1/batch"), (asked.Method, asked.Target)));
    }

    [Fact]
    public async Task One_that_is_refused_is_refused_alone_and_one_that_is_absent_is_so()
    {
        using var client = Client(Blocked(
            """{"revision":9,"items":[{"status":201,"revision":8,"version":1},{"status":507,"problem":{"code":"disk-full","outcome":"not-applied","retryable":true}},{"status":200,"revision":9,"deleted":false},{"status":200,"replayed":true,"revision":9,"deleted":true}]}""",
            out var gate));
        var blockers = Block(client);

        var good = PutAsync(client, 1);
        var refused = PutAsync(client, 2);
        var absent = client.DeleteAsync("none", cancellation: Cancellation);
        var deleted = client.DeleteAsync("some", cancellation: Cancellation);
        gate.SetResult();
        await blockers;

        Assert.Equal(new PutResult.Written(8, 1, Created: true), await good);
        var failure = await Assert.ThrowsAsync<RaftClusterException>(() => refused);
        Assert.Equal(("disk-full", Outcome.NotApplied), (failure.Code, failure.Outcome));
        Assert.Equal(new DeleteResult.NotFound(), await absent);
        Assert.Equal(new DeleteResult.Deleted(9, 1) { Replayed = true }, await deleted);
    }

    [Fact]
    public async Task A_request_that_breaks_is_sent_again_with_the_same_keys()
    {
        using var client = Client(_script.Break().Then(async request => Done(await ItemsAsync(request))));

        Assert.IsType<PutResult.Written>(await PutAsync(client, 1));

        Assert.Equal(2, _script.Requests.Count);
        Assert.Single(_script.Requests.Select(asked => asked.Body).Distinct());
        Assert.Equal(["n1", "n2"], _script.Hosts);
    }

    [Fact]
    public async Task One_whose_outcome_a_node_does_not_know_is_sent_again_alone_of_all()
    {
        using var client = Client(_script
            .Json(200, """{"revision":9,"items":[{"status":504,"problem":{"code":"commit-timeout","outcome":"unknown","retryable":true}}]}""")
            .Then(async request => Done(await ItemsAsync(request))));

        Assert.IsType<PutResult.Written>(await PutAsync(client, 1));
        Assert.Equal(2, _script.Requests.Count);
    }

    /// <summary>what a node is not</summary>
    public static TheoryData<string> Nonsense => ["", "<html>", "{}", """{"items":{}}""", """{"items":[]}""", """{"items":[{}]}""", """{"items":[{"status":"x"}]}"""];

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task An_answer_that_is_none_leaves_the_write_open_and_it_is_sent_again(string nonsense)
    {
        using var client = Client(_script.Json(200, nonsense).Then(async request => Done(await ItemsAsync(request))));

        Assert.IsType<PutResult.Written>(await PutAsync(client, 1));
        Assert.Equal(2, _script.Requests.Count);
    }

    [Fact]
    public async Task What_has_a_whole_request_refused_is_told_of_it_and_nobody_else_is()
    {
        using var client = Client(_script
            .Then(async request =>
            {
                _ = await ItemsAsync(request);
                return Script.Response(400, """{"code":"malformed","outcome":"not-applied","field":"items[0].contentType"}""", "application/problem+json", []);
            })
            .Problem(400, "malformed", "not-applied", retryable: false));

        var failure = await Assert.ThrowsAsync<RaftClusterException>(
            () => client.PutAsync("a", "v"u8.ToArray(), new WriteOptions { ContentType = "é" }, Cancellation));

        Assert.Equal("malformed", failure.Code);
        Assert.Equal(["/v1/batch", "/v1/kv/a"], _script.Requests.Select(asked => asked.Target));
    }

    [Fact]
    public async Task Of_a_node_that_knows_no_batches_each_is_asked_alone_for_a_while()
    {
        using var client = Client(_script
            .Problem(404, "no-such-resource", "not-applied", retryable: false)
            .Json(201, """{"revision":7,"version":1}""")
            .Json(200, """{"revision":8,"version":2}"""));

        Assert.Equal(new PutResult.Written(7, 1, Created: true), await PutAsync(client, 1));
        Assert.Equal(new PutResult.Written(8, 2, Created: false), await PutAsync(client, 1));
        Assert.Equal(["/v1/batch", "/v1/kv/k1", "/v1/kv/k1"], _script.Requests.Select(asked => asked.Target));

        _time.Advance(TimeSpan.FromSeconds(31));
        _script.Then(async request => Done(await ItemsAsync(request)));
        Assert.IsType<PutResult.Written>(await PutAsync(client, 1));
        Assert.Equal("/v1/batch", _script.Requests[^1].Target);
    }

    [Fact]
    public async Task One_that_its_caller_cancels_while_it_waits_is_not_sent()
    {
        using var client = Client(Blocked("""{"revision":9,"items":[{"status":201,"revision":9,"version":1}]}""", out var gate));
        using var left = new CancellationTokenSource();
        var blockers = Block(client);
        var cancelled = client.PutAsync("left", "v"u8.ToArray(), cancellation: left.Token);
        var good = PutAsync(client, 1);

        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        gate.SetResult();
        await blockers;

        Assert.Equal(new PutResult.Written(9, 1, Created: true), await good);
        Assert.Equal(9, _script.Requests.Count);
    }

    /// <summary>how a write is made one that goes alone</summary>
    public static TheoryData<string> Alone => ["when", "durability", "fence", "ttl", "lease", "key", "long"];

    [Theory]
    [MemberData(nameof(Alone))]
    public async Task What_asks_for_more_goes_alone(string how)
    {
        using var client = Client(_script.Json(201, """{"revision":7,"version":1}"""));
        var options = how switch
        {
            "when" => new WriteOptions { When = Precondition.Absent },
            "durability" => new WriteOptions { Durability = Durability.All },
            "fence" => new WriteOptions { Fences = [Fence.Parse("l;1")] },
            "ttl" => new WriteOptions { TimeToLive = TimeSpan.FromSeconds(10) },
            "key" => new WriteOptions { Idempotency = Idempotency.Key("mine") },
            "lease" => new WriteOptions { Lease = 7 },
            _ => new WriteOptions(),
        };

        _ = await client.PutAsync("a", new byte[how == "long" ? (16 << 10) + 1 : 1], options, Cancellation);

        Assert.StartsWith("/v1/kv/a", Assert.Single(_script.Requests).Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_writes_of_any_bytes_at_a_real_node_are_as_if_each_had_gone_alone()
    {
        await using var node = await TestNode.LeaderAsync();
        using var client = new RaftClusterClient(new RaftClusterOptions { Endpoints = [node.Self.Url], FollowLeader = false, GatherWrites = true });
        static byte[] Value(int at) => [.. Enumerable.Range(0, 1 + (at * 7 % 600)).Select(place => (byte)(at % 3 == 0 ? place * at : 1 + ((place + at) % 127)))];

        var results = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(
            at => client.PutAsync($"k/{at} é\"", Value(at), new WriteOptions { ContentType = at % 2 == 0 ? "text/x" : null }, Cancellation)));
        var deletes = await Task.WhenAll(Enumerable.Range(0, 100).Select(at => client.DeleteAsync($"k/{at * 25} é\"", cancellation: Cancellation)));

        Assert.All(results, result => Assert.True(result is PutResult.Written { Version: 1, Created: true }));
        Assert.Equal(2_000, results.Select(result => ((PutResult.Written)result).Revision).Distinct().Count());
        Assert.Equal(80, deletes.Count(result => result is DeleteResult.Deleted));
        Assert.Equal(20, deletes.Count(result => result is DeleteResult.NotFound));
        Assert.Equal(2_080, node.Store.Applied.Revision);
        foreach (var at in new[] { 1, 2, 3, 33, 126, 127, 128, 999, 1_998 })
        {
            var row = (await client.GetAsync($"k/{at} é\"", cancellation: Cancellation)).Row!;
            Assert.Equal(Value(at), row.Value.ToArray());
            Assert.Equal(at % 2 == 0 ? "text/x" : "application/octet-stream", row.ContentType);
        }

        Assert.InRange(node.Consensus.Proposed, 2_100, 2_100);
    }

    private RaftClusterClient Client(Script script) => new(new RaftClusterOptions
    {
        Endpoints = [Script.N1, Script.N2, Script.N3],
        Handler = script,
        Time = _time,
        Jitter = new Random(1),
        GatherWrites = true,
    });

    private static Task<PutResult> PutAsync(RaftClusterClient client, int at) => client.PutAsync($"k{at}", "v"u8.ToArray(), cancellation: Cancellation);

    /// <summary>Eight requests that are held until the gate is open, and what the one after them is answered.</summary>
    private Script Blocked(string then, out TaskCompletionSource gate)
    {
        var held = gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var at = 0; at < 8; at++)
        {
            _script.Then(async request =>
            {
                var items = await ItemsAsync(request);
                await held.Task;
                return Done(items);
            });
        }

        return _script.Json(200, then);
    }

    private static Task<PutResult[]> Block(RaftClusterClient client) => Task.WhenAll(Enumerable.Range(100, 8).Select(at => PutAsync(client, at)));

    private static async Task<JsonElement> ItemsAsync(HttpRequestMessage request) =>
        JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync(Cancellation)).RootElement.GetProperty("items");

    private static HttpResponseMessage Done(JsonElement items) => Script.Response(
        (int)HttpStatusCode.OK,
        $"{{\"revision\":9,\"items\":[{string.Join(',', Enumerable.Repeat("""{"status":201,"revision":9,"version":1}""", items.GetArrayLength()))}]}}",
        "application/json",
        []);
}
