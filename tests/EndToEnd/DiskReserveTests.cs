using System.Security.Cryptography;
using RaftCluster.Chaos.Faults;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>
/// Three nodes, each on a small disk of its own, are written full: they stay up, say so, and let deletes and compaction
/// through; that clears it by itself, and what was acknowledged is there.
/// </summary>
public sealed class DiskReserveTests : ClusterTests
{
    private const int Clients = 4;

    /// <summary>How many rows are deleted before their history is dropped: some 6 MB.</summary>
    private const int Part = 200;

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(120);

    private int _next;

    // A follower whose disk is low before the others' are goes on: the reserve is far more than what they differ by.
    private protected override string[] Options =>
        ["--election-timeout", "600ms", "--snapshot-log", "16MiB", "--keep-log", "0", "--disk-reserve", "160MiB", "--sweep-rate", "20000"];

    [Fact]
    public async Task Full_disks_refuse_growth_let_deletes_through_and_clear_by_themselves()
    {
        await using var disks = await SmallDisks.MountAsync(Cluster, "500m");
        var ledger = new Ledger();

        // Until every client was refused: then no write gets through any more.
        await FillAsync(ledger);
        Assert.All(Cluster.Nodes, node => Assert.True(node.IsUp, $"{node.Id} ended"));
        var leader = await Cluster.LeaderAsync();
        await Eventually.HoldsAsync(
            "a write that grows is refused",
            _bound,
            async () => await WriteAsync(leader, ledger, "fill/3/") is WriteResult.Refused refused && refused.Why.Contains("disk-full", StringComparison.Ordinal),
            () => Cluster.Logs(10));
        Assert.Equal(200, (await leader.Client.GetAsync(Kept(ledger).First().Key)).Status);
        await HoldsAsync(ledger);

        // Deletes and compaction get through, at any node.
        var gone = Kept(ledger).Where(entry => !entry.Key.StartsWith("fill/3", StringComparison.Ordinal)).Select(entry => entry.Key).ToList();
        foreach (var (part, node) in gone.Chunk(Part).Zip(Enumerable.Repeat(Cluster.Nodes, int.MaxValue).SelectMany(nodes => nodes)))
        {
            foreach (var key in part)
            {
                await Eventually.HoldsAsync(
                    $"{key} is deleted",
                    _bound,
                    async () => await node.Client.SendAsync(HttpMethod.Delete, NodeClient.Row(key), body: null) is { Status: var status }
                        && (status == 200 || (status == 507 ? false : throw new InvalidOperationException($"{status}"))),
                    () => Cluster.Logs(10));
            }

            var revision = (await leader.ViewAsync())!.Revision;
            var compacted = await node.Client.SendAsync(HttpMethod.Post, "/v1/compact", $$"""{"revision":{{revision}}}""");
            Assert.True(compacted.Status == 200, $"{compacted}");
        }

        // Nobody is restarted or told anything.
        await Eventually.HoldsAsync(
            "writes go on by themselves", _bound, async () => await WriteAsync(leader, ledger, "again/") is WriteResult.Acknowledged, () => Cluster.Logs(10));
        for (var i = 0; i < 50; i++)
        {
            Assert.IsType<WriteResult.Acknowledged>(await WriteAsync(leader, ledger, "again/"));
        }

        Assert.All(Cluster.Nodes, node => Assert.True(node.IsUp, $"{node.Id} ended"));
        await HoldsAsync(ledger, [.. gone]);
    }

    private async Task FillAsync(Ledger ledger)
    {
        var leader = await Cluster.LeaderAsync();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            while (await WriteAsync(Cluster.Nodes[client % Cluster.Nodes.Count], ledger, $"fill/{client}/") is { } result)
            {
                Assert.True(result is WriteResult.Acknowledged or WriteResult.Refused, $"{result}");
                if (result is WriteResult.Refused refused)
                {
                    Assert.Contains("disk-full", refused.Why, StringComparison.Ordinal);
                    return;
                }
            }
        }));
    }

    /// <summary>Writes a row that nothing makes smaller.</summary>
    private async Task<WriteResult> WriteAsync(NodeProcess node, Ledger ledger, string prefix)
    {
        var (key, value) = ($"{prefix}{Interlocked.Increment(ref _next)}", Convert.ToBase64String(RandomNumberGenerator.GetBytes(24_000)));
        var result = await WriteResult.OfAsync(node, key, value);
        ledger.Add(key, value, result);
        return result;
    }

    private static IEnumerable<Ledger.Entry> Kept(Ledger ledger) => ledger.Entries.Where(entry => entry.Result is WriteResult.Acknowledged);

    /// <summary>Every node has each acknowledged write that was not deleted, no refused one, and all have the same.</summary>
    private async Task HoldsAsync(Ledger ledger, params string[] deleted)
    {
        var gone = deleted.ToHashSet();
        await Cluster.SameStateAsync(ledger.Newest.Revision, _bound);
        foreach (var node in Cluster.Nodes)
        {
            foreach (var entry in ledger.Entries.Where(entry => entry.Result is not WriteResult.Unknown))
            {
                var answer = await node.Client.GetAsync(entry.Key, ("Raft-Consistency", "local"));
                var there = entry.Result is WriteResult.Acknowledged && !gone.Contains(entry.Key);
                Assert.True(answer.Status == (there ? 200 : 404), $"{node.Id}, {entry.Key}: {entry.Result}, but {answer.Status}");
                Assert.True(!there || answer.Text == entry.Value, $"{node.Id}, {entry.Key} has another value");
            }
        }
    }

    /// <summary>A small disk in memory for each node, for as long as the test takes.</summary>
    private sealed class SmallDisks(TestCluster cluster) : IAsyncDisposable
    {
        private readonly List<NodeProcess> _mounted = [];

        /// <summary>Moves each node onto one, or skips the test and says why.</summary>
        public static async Task<SmallDisks> MountAsync(TestCluster cluster, string size)
        {
            var disks = new SmallDisks(cluster);
            foreach (var node in cluster.Nodes)
            {
                Assert.Equal(0, await node.StopAsync());
                var (data, aside) = (node.Settings.Data, Path.Combine(cluster.Folder, $"aside-{node.Id}"));
                Directory.Move(data, aside);
                Directory.CreateDirectory(data);
                var refused = await Tool.TryAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "none", data);
                if (refused is not null)
                {
                    await disks.DisposeAsync();
                    Assert.Skip($"a small disk can't be made here: {refused}");
                }

                disks._mounted.Add(node);
                await Tool.RunAsync("cp", "-a", $"{aside}/.", data);
            }

            cluster.StartAll();
            await cluster.ReadyAsync();
            return disks;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var node in cluster.Nodes)
            {
                if (node.IsUp)
                {
                    await node.KillAsync();
                }
            }

            foreach (var node in _mounted)
            {
                await Tool.RunAsync("umount", node.Settings.Data);
            }
        }
    }
}
