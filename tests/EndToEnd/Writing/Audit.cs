using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Writing;

/// <summary>Holds a cluster to what it acknowledged, node by node, each from its own copy.</summary>
internal static class Audit
{
    private const int Sample = 300;
    private static readonly TimeSpan CatchUpBound = TimeSpan.FromSeconds(120);

    /// <summary>
    /// Every acknowledged write is there, once, with the revision it was acknowledged with; a refused one is not; an unknown
    /// one is there once or not at all; there is nothing else; all nodes hold the same.
    /// </summary>
    /// <param name="cluster">The nodes, all running.</param>
    /// <param name="ledger">All writes the cluster ever got.</param>
    public static async Task HoldsAsync(TestCluster cluster, Ledger ledger)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(ledger.ToString());
        var entries = ledger.Entries;
        Assert.DoesNotContain(entries, entry => entry.Result is WriteResult.Fault);
        var acknowledged = entries.Select(entry => entry.Result).OfType<WriteResult.Acknowledged>().ToList();
        Assert.NotEmpty(acknowledged);
        Assert.Equal(acknowledged.Count, acknowledged.Select(done => done.Revision).Distinct().Count());

        var revision = await cluster.SameStateAsync(ledger.Newest.Revision, CatchUpBound);
        var copies = new List<Dictionary<string, Row>>();
        foreach (var node in cluster.Nodes)
        {
            var rows = await RowsAsync(node, ledger.Newest.Session);
            Judge(node, entries, rows);

            // Each row is one write, each write one revision: were one applied twice, there would be more revisions.
            Assert.Equal(revision, rows.Count);
            Assert.Equal(rows.Count, rows.Values.Select(row => row.Revision).Distinct().Count());
            copies.Add(rows);
            await SampleAsync(node, ledger);
        }

        Assert.All(copies, copy => Assert.Equal(copies[0], copy));
    }

    /// <summary>All rows of a node's own copy, page by page.</summary>
    /// <param name="node">The node.</param>
    /// <param name="session">How fresh the copy must be.</param>
    public static async Task<Dictionary<string, Row>> RowsAsync(NodeProcess node, string session)
    {
        var rows = new Dictionary<string, Row>();
        string? next = null;
        do
        {
            var answer = await node.Client.SendAsync(
                HttpMethod.Get,
                $"/v1/kv?prefix=&limit=5000{(next is null ? "" : $"&after={Uri.EscapeDataString(next)}")}",
                body: null,
                Own(session));
            Assert.True(answer.Status == 200, $"{node.Id}: {answer}");
            var page = answer.Json;
            foreach (var item in page.GetProperty("items").EnumerateArray())
            {
                rows.Add(
                    item.GetProperty("key").GetString()!,
                    new Row(item.GetProperty("value").GetString()!, item.GetProperty("revision").GetInt64(), item.GetProperty("version").GetInt64()));
            }

            next = page.TryGetProperty("next", out var token) && token.ValueKind == JsonValueKind.String ? token.GetString() : null;
        }
        while (next is not null);
        return rows;
    }

    private static void Judge(NodeProcess node, IReadOnlyCollection<Ledger.Entry> entries, Dictionary<string, Row> rows)
    {
        var faults = new List<string>();
        var expected = 0;
        foreach (var (key, value, result) in entries)
        {
            var row = rows.GetValueOrDefault(key);
            var right = result switch
            {
                WriteResult.Acknowledged done => row == new Row(value, done.Revision, 1) && done.Version == 1,
                WriteResult.Refused => row is null,
                _ => row is null || (row.Value == value && row.Version == 1),
            };
            expected += row is null ? 0 : 1;
            if (!right)
            {
                faults.Add($"{key}: {result}, but {node.Id} has {row?.ToString() ?? "no such row"}");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} writes are not as answered:\n{string.Join('\n', faults.Take(20))}");
        Assert.Equal(expected, rows.Count);
    }

    /// <summary>Reads some rows one by one too: another way through the node than the pages above.</summary>
    private static async Task SampleAsync(NodeProcess node, Ledger ledger)
    {
        var done = ledger.Entries.Where(entry => entry.Result is WriteResult.Acknowledged).ToList();
        foreach (var entry in done.Where((_, i) => i % Math.Max(1, done.Count / Sample) == 0))
        {
            var answer = await node.Client.GetAsync(entry.Key, Own(((WriteResult.Acknowledged)entry.Result).Session));
            Assert.True(answer.Status == 200, $"{node.Id}, {entry.Key}: {answer}");
            Assert.Equal(entry.Value, answer.Text);
            Assert.Equal($"\"{((WriteResult.Acknowledged)entry.Result).Revision}\"", answer.Headers["ETag"]);
        }
    }

    private static (string, string)[] Own(string session) =>
    [
        ("Raft-Consistency", "session"), ("Raft-Session", session), ("Raft-Fallback", "fail"), ("Raft-Wait", "10s"),
    ];

    /// <summary>A row as a node shows it.</summary>
    internal sealed record Row(string Value, long Revision, long Version);
}
