using System.Text;
using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Model;

/// <summary>Does each operation on the cluster and on the model, and holds the answers against each other.</summary>
internal sealed class Referee(TestCluster cluster)
{
    private readonly Store _store = new();
    private string? _session;

    /// <summary>The model.</summary>
    public Store Store => _store;

    /// <summary>Does one operation.</summary>
    public Task PlayAsync(Operation operation) => operation switch
    {
        Operation.Put put => PutAsync(put),
        Operation.Delete delete => DeleteAsync(delete),
        Operation.DeletePrefix delete => DeleteAsync(delete),
        Operation.Get get => GetAsync(get),
        Operation.Range range => RangeAsync(range),
        Operation.Count count => CountAsync(count),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private async Task PutAsync(Operation.Put put)
    {
        var before = _store.Get(put.Key);
        var answer = await AskAsync(put.Node, HttpMethod.Put, NodeClient.Row(put.Key), put.Value, Condition(put.When, before));
        if (!Accepts(put.When, before))
        {
            RefusesByCondition(answer, before);
            return;
        }

        var row = _store.Put(put.Key, put.Value);
        Is(answer, row.Version == 1 ? 201 : 200);
        Assert.Equal((row.Revision, row.Version), (Number(answer, "revision"), Number(answer, "version")));
        Assert.Equal(row.Tag, answer.Headers["ETag"]);
    }

    private async Task DeleteAsync(Operation.Delete delete)
    {
        var before = _store.Get(delete.Key);
        var answer = await AskAsync(
            delete.Node, HttpMethod.Delete, NodeClient.Row(delete.Key), body: null, Condition(delete.When, before));
        if (!Accepts(delete.When, before))
        {
            RefusesByCondition(answer, before);
        }
        else if (_store.Delete(key => key == delete.Key) == 0)
        {
            Is(answer, 404);
        }
        else
        {
            Is(answer, 200);
            Assert.Equal(_store.Revision, Number(answer, "revision"));
            Assert.True(answer.Json.GetProperty("deleted").GetBoolean());
        }
    }

    private async Task DeleteAsync(Operation.DeletePrefix delete)
    {
        var answer = await AskAsync(
            delete.Node, HttpMethod.Delete, $"/v1/kv?prefix={Uri.EscapeDataString(delete.Prefix)}", body: null);
        var count = _store.Delete(key => key.StartsWith(delete.Prefix, StringComparison.Ordinal));
        Is(answer, 200);
        Assert.Equal((_store.Revision, count), (Number(answer, "revision"), Number(answer, "deleted")));
    }

    private async Task GetAsync(Operation.Get get)
    {
        var revision = Revision(get.Back);
        var row = _store.At(revision ?? _store.Revision).GetValueOrDefault(get.Key);
        var answer = await AskAsync(
            get.Node,
            HttpMethod.Get,
            NodeClient.Row(get.Key) + (revision is null ? "" : $"?rev={revision}"),
            body: null,
            [.. Freshness(get.Session), .. Condition(get.When, row)]);
        if (row is null)
        {
            Is(answer, 404);
        }
        else if (get.When == When.NotNow)
        {
            Is(answer, 304);
            Assert.Equal(row.Tag, answer.Headers["ETag"]);
        }
        else
        {
            Is(answer, 200);
            Assert.Equal(row.Value, answer.Text);
            Assert.Equal(row.Tag, answer.Headers["ETag"]);
            Assert.Equal(row.Version, answer.Number("Raft-Version"));
        }
    }

    private async Task RangeAsync(Operation.Range range)
    {
        if (range.End is { } end && Compare(range.Start, end) >= 0)
        {
            return;
        }

        var revision = Revision(range.Back);
        var expected = _store.At(revision ?? _store.Revision)
            .Where(row => range.End is null
                ? row.Key.StartsWith(range.Start, StringComparison.Ordinal)
                : Compare(row.Key, range.Start) >= 0 && Compare(row.Key, range.End) < 0)
            .Select(row => (row.Key, row.Value))
            .ToList();
        if (range.Descending)
        {
            expected.Reverse();
        }

        var query = (range.End is null
                ? $"prefix={Uri.EscapeDataString(range.Start)}"
                : $"start={Uri.EscapeDataString(range.Start)}&end={Uri.EscapeDataString(range.End)}")
            + (range.Limit > 0 ? $"&limit={range.Limit}" : "")
            + (range.Descending ? "&order=desc" : "")
            + (revision is null ? "" : $"&rev={revision}");
        var found = new List<(string, ModelRow)>();
        string? next = null;
        do
        {
            var answer = await AskAsync(
                range.Node,
                HttpMethod.Get,
                $"/v1/kv?{query}{(next is null ? "" : $"&after={Uri.EscapeDataString(next)}")}",
                body: null,
                Freshness(range.Session));
            Is(answer, 200);
            var page = answer.Json;
            var items = page.GetProperty("items").EnumerateArray().Select(Row).ToList();
            Assert.True(range.Limit == 0 || items.Count <= range.Limit, answer.ToString());
            found.AddRange(items);
            next = page.TryGetProperty("next", out var token) && token.ValueKind == JsonValueKind.String ? token.GetString() : null;
        }
        while (next is not null);
        Assert.Equal(expected, found);
    }

    private async Task CountAsync(Operation.Count count)
    {
        var answer = await AskAsync(
            count.Node, HttpMethod.Get, $"/v1/kv?prefix={Uri.EscapeDataString(count.Prefix)}&count=true", body: null);
        Is(answer, 200);
        Assert.Equal(
            _store.Rows.Keys.Count(key => key.StartsWith(count.Prefix, StringComparison.Ordinal)), Number(answer, "count"));
    }

    private async Task<Answer> AskAsync(
        int node, HttpMethod method, string target, string? body, params (string, string)[] headers)
    {
        var answer = await cluster.Nodes[node % cluster.Nodes.Count].Client.SendAsync(method, target, body, headers);
        _session = answer.Headers.GetValueOrDefault("Raft-Session") ?? _session;
        return answer;
    }

    private (string, string)[] Freshness(bool bySession) => bySession && _session is not null
        ? [("Raft-Consistency", "session"), ("Raft-Session", _session)]
        : [];

    private long? Revision(int back) => back > 0 && _store.Revision - back >= 1 ? _store.Revision - back : null;

    private static (string, string)[] Condition(When when, ModelRow? row) => when switch
    {
        When.MatchesNow => [("If-Match", row?.Tag ?? "\"1\"")],
        When.MatchesStale => [("If-Match", $"\"{(row?.Revision ?? 0) + 1_000_000}\"")],
        When.Exists => [("If-Match", "*")],
        When.Absent => [("If-None-Match", "*")],
        When.NotNow => [("If-None-Match", row?.Tag ?? "\"1\"")],
        _ => [],
    };

    private static bool Accepts(When when, ModelRow? row) => when switch
    {
        When.MatchesNow or When.Exists => row is not null,
        When.MatchesStale => false,
        When.Absent or When.NotNow => row is null,
        _ => true,
    };

    private static void RefusesByCondition(Answer answer, ModelRow? before)
    {
        Is(answer, 412);
        Assert.Equal("not-applied", answer.Outcome);
        Assert.Equal(before?.Tag, answer.Headers.GetValueOrDefault("ETag"));
    }

    private static void Is(Answer answer, int status) => Assert.True(answer.Status == status, $"{status} expected: {answer}");

    private static long Number(Answer answer, string name) => answer.Json.GetProperty(name).GetInt64();

    private static (string, ModelRow) Row(JsonElement item) => (
        item.GetProperty("key").GetString()!,
        new ModelRow(
            item.GetProperty("value").GetString()!,
            item.GetProperty("revision").GetInt64(),
            item.GetProperty("created").GetInt64(),
            item.GetProperty("version").GetInt64()));

    private static int Compare(string a, string b) =>
        Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b));
}
