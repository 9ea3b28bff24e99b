using System.Text.Json;
using CsCheck;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Model;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>
/// Tables, transactions, idempotency keys, leases, locks and the feed against a model, with leaders killed in the middle of
/// requests and all nodes between them. A request that got no certain answer is sent again under its key, so that exactly one
/// history is right.
/// </summary>
public sealed class ThemeModelTests : ClusterTests
{
    private const int Acts = 250;

    /// <summary>The leader is killed during each act whose number this divides.</summary>
    private const int KillEvery = 40;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    private readonly World _world = new();
    private readonly List<Exchange> _done = [];
    private string? _session;

    [Fact]
    public Task Random_requests_of_every_theme_are_answered_as_by_the_model_while_leaders_are_killed() =>
        Act.Any.Array[Acts].SampleAsync(PlayAsync, iter: 1, threads: 1, print: static acts => $"{acts.Length} requests");

    private async Task PlayAsync(Act[] acts)
    {
        await DefineAsync("t", """{"columns":[{"name":"s","type":"string"},{"name":"n","type":"number","default":0}]}""");
        await DefineAsync("log", """{"key":"revision"}""");
        for (var i = 0; i < acts.Length; i++)
        {
            try
            {
                var victim = i % KillEvery == KillEvery - 1 ? await Cluster.LeaderAsync() : null;
                await PlayAsync(acts[i], i, victim);
                if (victim is not null)
                {
                    victim.Start();
                    await Cluster.ReadyAsync();
                }

                if (i == acts.Length / 2)
                {
                    await Cluster.RestartAllAsync();
                }

                await CompareAsync(i);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"request {i}: {failure.Message}\nThe last ones were\n{string.Join('\n', acts.Take(i + 1).TakeLast(8))}", failure);
            }
        }

        Assert.Equal(_world.Revision, await Cluster.SameStateAsync(_world.Revision, Bound));
        foreach (var node in Cluster.Nodes)
        {
            Assert.Equal(_world.Log, await FeedAsync(node));
        }

        await Cluster.RestartAllAsync();
        await CompareAsync(acts.Length);
        foreach (var exchange in _done)
        {
            await RepeatAsync(exchange, exchange.Answer.Length);
        }

        Assert.Equal(_world.Revision, await Cluster.SameStateAsync(_world.Revision, Bound));
    }

    private async Task DefineAsync(string table, string definition)
    {
        var answer = await Cluster.Nodes[0].Client.SendAsync(HttpMethod.Put, $"/v1/tables/{table}", definition);
        Assert.True(answer.Status == 201, answer.ToString());
        _session = answer.Session;
        _world.Define();
    }

    private async Task PlayAsync(Act act, int number, NodeProcess? victim)
    {
        switch (act)
        {
            case Act.Repeat repeat when _done.Count > 0:
                await RepeatAsync(_done[_done.Count - 1 - (repeat.Which % _done.Count)], act.Node, victim);
                break;
            case Act.Reuse reuse when _done.Count > 0:
                var used = _done[_done.Count - 1 - (reuse.Which % _done.Count)];
                var refused = await SettleAsync(
                    new Exchange(HttpMethod.Put, "/v1/kv/other", "another request", null, 422, null, 0) { Key = used.Key }, act.Node, victim);
                Assert.True(refused.Status == 422 && refused.Code == "idempotency-key-reused", refused.ToString());
                break;
            case Act.Repeat or Act.Reuse:
                break;
            default:
                var exchange = _world.Do(act) with { Key = $"request {number}" };
                var answer = await SettleAsync(exchange, act.Node, victim);
                Assert.True((answer.Status, answer.Code) == (exchange.Status, exchange.Code), $"{exchange.Status} {exchange.Code} expected: {answer}");
                if (answer.Status is 200 or 201)
                {
                    Assert.True(answer.Json.GetProperty("revision").GetInt64() == exchange.Revision, $"revision {exchange.Revision} expected: {answer}");
                }

                exchange.Answer = answer.Text;
                _done.Add(exchange);
                break;
        }

        if (victim is { IsUp: true })
        {
            await victim.KillAsync();
        }
    }

    /// <summary>The same again is answered as it was, and does nothing.</summary>
    private async Task RepeatAsync(Exchange exchange, int node, NodeProcess? victim = null)
    {
        var again = await SettleAsync(exchange, node, victim);
        Assert.True((again.Status, again.Code) == (exchange.Status, exchange.Code), $"{exchange} was answered {exchange.Answer}, and then {again}");
        Assert.Equal("true", again.Headers.GetValueOrDefault("Raft-Replayed"));
        if (again.Status is 200 or 201)
        {
            Assert.Equal(exchange.Answer, again.Text);
        }
    }

    /// <summary>Sends a request under its key, to one node after the other, until somebody knows what became of it; kills a node while the first is under way.</summary>
    private Task<Answer> SettleAsync(Exchange exchange, int node, NodeProcess? victim)
    {
        (string, string)[] headers = [("Idempotency-Key", exchange.Key.Replace(' ', '-')), ("Raft-Wait", "2s"),
            .. exchange.Fence is null ? Array.Empty<(string, string)>() : [("Raft-Fence", exchange.Fence)],
            // The answer of long ago, sent again, has the token of long ago, unless a newer one is shown.
            .. _session is null ? Array.Empty<(string, string)>() : [("Raft-Session", _session)]];
        return Eventually.HasAsync(
            $"{exchange.Method} {exchange.Target} is settled",
            Bound,
            async () =>
            {
                try
                {
                    var sending = Cluster.Nodes[node++ % Cluster.Nodes.Count].Client.SendAsync(exchange.Method, exchange.Target, exchange.Body, headers);
                    if (victim is { IsUp: true })
                    {
                        await victim.KillAsync();
                    }

                    var answer = await sending;
                    _session = answer.Headers.GetValueOrDefault("Raft-Session") ?? _session;
                    return answer.Status is 503 or 504 ? null : answer;
                }
                catch (HttpRequestException)
                {
                    return null;
                }
            });
    }

    /// <summary>Everything there is, read from one node after the other.</summary>
    private async Task CompareAsync(int at)
    {
        var rows = new List<string>();
        foreach (var (table, target) in new[] { ("kv", "/v1/kv"), ("log", "/v1/tables/log/rows"), ("t", "/v1/tables/t/rows") })
        {
            rows.AddRange((await ReadAsync(at, target)).Json.GetProperty("items").EnumerateArray().Select(item => Describe(table, item)));
        }

        Assert.Equal(_world.Rows, rows);
        var leases = (await ReadAsync(at + 1, "/v1/tables/$leases/rows")).Json.GetProperty("items").EnumerateArray()
            .Select(item => long.Parse(item.GetProperty("key").GetString()!, System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        var held = await ReadAsync(at + 2, "/v1/locks/l");
        var holder = held.Status == 200 && held.Json.TryGetProperty("owner", out var owner) ? owner.GetString() : null;
        Assert.Equal(_world.Holder, holder is null ? "nobody" : $"{holder} {held.Json.GetProperty("fence")}");
        Assert.Equal(_world.Leases, holder is null ? leases : leases.Where(lease => lease != held.Json.GetProperty("lease").GetInt64()));
    }

    private Task<Answer> ReadAsync(int node, string target) => Eventually.HasAsync(
        $"{target} is read",
        Bound,
        async () =>
        {
            var answer = await Cluster.Nodes[node % Cluster.Nodes.Count].Client.SendAsync(
                HttpMethod.Get, target, body: null, ("Raft-Consistency", node % 2 == 0 ? "linearizable" : "session"), ("Raft-Session", _session!));
            return answer.Status is 503 or 504 ? null : answer;
        });

    private static string Describe(string table, JsonElement item)
    {
        var value = item.GetProperty("value");
        var lease = item.TryGetProperty("lease", out var on) ? on.GetInt64() : 0;
        return $"{table} {item.GetProperty("key").GetString()} = {(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText())} "
            + $"@{item.GetProperty("revision")} c{item.GetProperty("created")} v{item.GetProperty("version")} l{lease}";
    }

    /// <summary>What a node's feed says of the rows of users, revision by revision.</summary>
    private async Task<List<string>> FeedAsync(NodeProcess node)
    {
        var events = new List<string>();
        for (var next = 1L; next <= _world.Revision;)
        {
            var batch = await node.Client.SendAsync(HttpMethod.Get, $"/v1/changes?from={next}", body: null, ("Accept", "application/json"));
            Assert.True(batch.Status == 200, batch.ToString());
            foreach (var transaction in batch.Json.GetProperty("events").EnumerateArray())
            {
                Assert.Equal(next++, transaction.GetProperty("revision").GetInt64());
                events.Add(string.Join("; ", transaction.GetProperty("changes").EnumerateArray()
                    .Where(change => !change.GetProperty("table").GetString()!.StartsWith('$'))
                    .Select(change => $"{change.GetProperty("op").GetString()} {change.GetProperty("table").GetString()} {change.GetProperty("key").GetString()}")));
            }
        }

        return events;
    }
}
