using System.Security.Cryptography;
using System.Text.Json;
using RaftCluster.Client;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>The change feed over nodes that are killed, cut off and rebuilt from snapshots: exactly the log, from wherever it is read.</summary>
public sealed class FeedTests : ClusterTests
{
    private const int Rounds = 3;

    private static readonly TimeSpan CatchUpBound = TimeSpan.FromSeconds(120);

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    /// <summary>So little log is kept that a node that was away needs a snapshot.</summary>
    private protected override string[] Options =>
        ["--election-timeout", "600ms", "--snapshot-log", "1MiB", "--keep-log", "0", "--feed-progress", "200ms"];

    [Fact]
    public async Task Consumers_see_exactly_the_log_while_leaders_are_killed_and_a_node_is_sent_the_rows()
    {
        var ledger = new Ledger();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        // One stays with each node as long as it lives, one is moved and killed again and again.
        var steady = Cluster.Nodes.Select(node => new Consumer(Cluster.Nodes.SkipWhile(other => other != node).Concat(Cluster.Nodes))).ToList();
        var moved = new Consumer(Cluster.Nodes);
        var running = steady.Select(consumer => consumer.RunAsync(long.MaxValue, stop.Token)).ToList();
        var large = new int[Rounds];
        await using (var writers = Writers.Start(Cluster, ledger, "w", count: 6))
        {
            var away = Cluster.Others(await Cluster.LeaderAsync()).First();
            await away.KillAsync();
            for (var round = 0; round < Rounds; round++)
            {
                await writers.ProgressAsync(100);
                await moved.RunAsync(moved.Seen.Count + 50, Patience);
                moved.MoveOn();
                var leader = await Cluster.LeaderAsync();
                // The first time until what the killed node lacks is in nobody's log any more; then a transaction of all of it.
                var missing = (await LogAsync(leader)).Last;
                await Eventually.HoldsAsync("the log is cut", CatchUpBound, async () =>
                {
                    await WriteAsync(leader, $"large/{round}/{large[round]++}", new string((char)('a' + round), 500_000));
                    return round == 0 ? (await LogAsync(leader)).First > missing : large[round] == 5;
                });
                await DeleteAsync(leader, $"large/{round}/");
                away.Start();
                await away.ReadyAsync();
                if (round < Rounds - 1)
                {
                    away = await Cluster.LeaderAsync();
                    await away.KillAsync();
                    await Cluster.LeaderAsync();
                }
            }

            await writers.ProgressAsync(100);
        }

        await Cluster.ReadyAsync();
        var revision = await Cluster.SameStateAsync(ledger.Newest.Revision, CatchUpBound);
        await moved.RunAsync(revision, Patience);
        await Eventually.HoldsAsync(
            "every consumer has come to the end",
            CatchUpBound,
            () => Task.FromResult(steady.TrueForAll(consumer => consumer.Seen.Count >= revision)),
            () => string.Join(", ", steady.Select(consumer => consumer.Seen.Count)));
        await stop.CancelAsync();
        await Task.WhenAll(running);

        Assert.Contains(Cluster.Nodes, node => node.Log.Tail(int.MaxValue).Contains("by a snapshot", StringComparison.Ordinal));
        var whole = await HistoryAsync(Cluster.Nodes[0], revision);
        foreach (var node in Cluster.Nodes.Skip(1))
        {
            Assert.Equal(whole, await HistoryAsync(node, revision));
        }

        Assert.Equal(whole.Count, revision);
        foreach (var consumer in steady.Append(moved))
        {
            Assert.Equal(whole, consumer.Seen);
        }

        AssertHolds(ledger, whole, large);
    }

    /// <summary>What was acknowledged is in the log at the revision it was acknowledged with, as it was written, and once.</summary>
    private static void AssertHolds(Ledger ledger, List<string> whole, int[] large)
    {
        foreach (var entry in ledger.Entries)
        {
            if (entry.Result is WriteResult.Acknowledged done)
            {
                var change = JsonDocument.Parse(whole[(int)done.Revision - 1]).RootElement.GetProperty("changes")[0];
                Assert.Equal(
                    ("insert", entry.Key, entry.Value),
                    (change.GetProperty("op").GetString(), change.GetProperty("key").GetString(), change.GetProperty("after").GetProperty("value").GetString()));
            }
        }

        for (var round = 0; round < Rounds; round++)
        {
            Assert.Single(whole, line => line.Contains($" {large[round]} changes, the first delete large/{round}/0", StringComparison.Ordinal));
        }
    }

    /// <summary>All of a node's own history, batch by batch.</summary>
    private static async Task<List<string>> HistoryAsync(NodeProcess node, long revision)
    {
        var events = new List<string>();
        for (var next = 1L; next <= revision;)
        {
            var batch = await node.Client.SendAsync(HttpMethod.Get, $"/v1/changes?from={next}", body: null, ("Accept", "application/json"));
            Assert.True(batch.Status == 200, $"{node.Id}: {batch}");
            events.AddRange(batch.Json.GetProperty("events").EnumerateArray().Select(data => Digest(data.GetRawText())));
            next = batch.Json.GetProperty("next").GetInt64();
        }

        return events;
    }

    /// <summary>An event as it is kept here: a long one by what tells it from any other.</summary>
    private static string Digest(string data)
    {
        if (data.Length < 1_000)
        {
            return data;
        }

        using var document = JsonDocument.Parse(data);
        var changes = document.RootElement.GetProperty("changes");
        var hash = Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(data)));
        return $"{hash} {changes.GetArrayLength()} changes, the first {changes[0].GetProperty("op").GetString()} {changes[0].GetProperty("key").GetString()}";
    }

    private static async Task<(long First, long Last)> LogAsync(NodeProcess node)
    {
        var view = (await node.Client.SendAsync(HttpMethod.Get, "/v1/cluster", body: null)).Json;
        return (view.GetProperty("firstIndex").GetInt64(), view.GetProperty("lastIndex").GetInt64());
    }

    private async Task WriteAsync(NodeProcess leader, string key, string value)
    {
        while (await WriteResult.OfAsync(leader, key, value) is not WriteResult.Acknowledged)
        {
            leader = await Cluster.LeaderAsync();
        }
    }

    private async Task DeleteAsync(NodeProcess leader, string prefix)
    {
        while ((await leader.Client.SendAsync(HttpMethod.Delete, $"/v1/kv?prefix={prefix}", body: null)).Status != 200)
        {
            leader = await Cluster.LeaderAsync();
        }
    }

    /// <summary>Follows everything from the beginning, and keeps what it was given and where to go on.</summary>
    private sealed class Consumer(IEnumerable<NodeProcess> nodes)
    {
        private readonly Uri[] _endpoints = [.. nodes.Select(node => node.Settings.Http).Distinct()];
        private int _moves;
        private long _cursor = 1;

        public List<string> Seen { get; } = [];

        /// <summary>Begins with the next node when it runs again.</summary>
        public void MoveOn() => _moves++;

        /// <summary>Runs, as a process would that has nothing but its cursor, until it has seen so many transactions.</summary>
        public async Task RunAsync(long count, CancellationToken stop)
        {
            if (Seen.Count >= count)
            {
                return;
            }

            using var client = new RaftClusterClient([.. _endpoints.Skip(_moves % _endpoints.Length), .. _endpoints.Take(_moves % _endpoints.Length)]);
            try
            {
                await foreach (var change in client.Follow(new FeedQuery { From = _cursor }).WithCancellation(stop))
                {
                    Assert.Equal(_cursor, change.Revision);
                    Seen.Add(Digest(System.Text.Encoding.UTF8.GetString(change.Json.Span)));
                    _cursor = change.Revision + 1;
                    if (Seen.Count >= count)
                    {
                        return;
                    }
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && !Patience.IsCancellationRequested)
            {
                // Enough.
            }
        }
    }
}
