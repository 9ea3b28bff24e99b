using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>Nodes that make backups by themselves, all into one folder.</summary>
public sealed class ScheduledBackupTests : ClusterTests
{
    private const int Kept = 2;
    private const int Increments = 2;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"raftcluster-backups-{Guid.NewGuid():n}");
    private long _rows;

    private protected override string[] Options =>
    [
        "--election-timeout", "600ms", "--backup-folder", _folder, "--backup-every", "1s", "--backup-keep", $"{Kept}",
        "--backup-increments", $"{Increments}",
    ];

    [Fact]
    public async Task Each_node_keeps_so_many_backups_and_says_how_they_are()
    {
        // What a crash leaves goes; what is none of this node's stays.
        var left = Path.Combine(_folder, "test-n1-e1-20200101T000000000Z-r1.raftbackup.part");
        var other = Path.Combine(_folder, "test-n1-e1-notes.txt");
        Directory.CreateDirectory(_folder);
        await File.WriteAllTextAsync(other, "a", TestContext.Current.CancellationToken);
        var full = new HashSet<string>();
        await Eventually.HoldsAsync(
            "each node has made more than it keeps",
            Bound,
            async () =>
            {
                await WriteAsync();
                full.UnionWith(Files().Where(file => !file.Contains("-since", StringComparison.Ordinal)));
                return Cluster.Nodes.All(node => full.Count(file => IsOf(node, file)) > Kept);
            },
            () => string.Join(", ", full));
        await File.WriteAllTextAsync(left, "a", TestContext.Current.CancellationToken);
        foreach (var node in Cluster.Nodes)
        {
            // One may be just about to make one more, or to remove one.
            Assert.InRange(Files().Count(file => IsOf(node, file)), 1, (Kept + 1) * (Increments + 1));
            var backup = (await StatusAsync(node)).GetProperty("backup");
            Assert.Equal((_folder, JsonValueKind.Null), (backup.GetProperty("folder").GetString(), backup.GetProperty("error").ValueKind));
        }

        await Eventually.HoldsAsync("what was left is gone", Bound, () => Task.FromResult(!File.Exists(left)));
        Assert.True(File.Exists(other));

        await StopAsync();
        foreach (var node in Cluster.Nodes)
        {
            var files = Files().Where(file => IsOf(node, file)).Order(StringComparer.Ordinal).ToList();
            var whole = files.FindAll(file => !file.Contains("-since", StringComparison.Ordinal));
            Assert.Equal(Kept, whole.Count);
            (await RaftctlRun.OfAsync(Cluster.Nodes, ["backup", "verify", .. files[files.IndexOf(whole[^1])..]])).Succeeds();
            Assert.Empty(Directory.GetFiles(_folder, "*.part"));
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_failure_is_said_loudly_and_goes_by_itself()
    {
        await WriteAsync();
        await Eventually.HoldsAsync("a first backup", Bound, () => Task.FromResult(Files().Count > 0));

        // A file in the folder's place: nothing can be made there, whoever this runs as.
        await Eventually.HoldsAsync("the folder is gone", Bound, () => Task.FromResult(Replace()));
        var node = Cluster.Nodes[0];
        await Eventually.HoldsAsync("the node says so", Bound, async () => await ErrorAsync(node) is not null);
        Assert.Contains(node.Log.Errors, line => line.Contains("the backup into", StringComparison.Ordinal) && line.Contains("FAILED", StringComparison.Ordinal));
        var status = await RaftctlRun.OfAsync(Cluster.Nodes, "status");
        Assert.Contains("the backups of n1 fail: ", status.Error, StringComparison.Ordinal);
        Assert.Equal(200, (await node.Client.SendAsync(HttpMethod.Get, "/readyz", body: null)).Status);

        File.Delete(_folder);
        await Eventually.HoldsAsync("it is made again", Bound, async () => await ErrorAsync(node) is null && Files().Count > 0);
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private bool Replace()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
            File.WriteAllText(_folder, "in the way");
            return true;
        }
        catch (IOException)
        {
            // A backup was being made: it is not gone yet.
            return File.Exists(_folder);
        }
        catch (UnauthorizedAccessException)
        {
            return File.Exists(_folder);
        }
    }

    private async Task StopAsync()
    {
        foreach (var node in Cluster.Nodes)
        {
            Assert.Equal(0, await node.StopAsync());
        }
    }

    private async Task WriteAsync() =>
        Assert.Equal(201, (await Cluster.Nodes[0].Client.PutAsync($"row/{_rows++}", "value", ("Raft-Wait", "30s"))).Status);

    private List<string> Files() =>
        Directory.Exists(_folder) ? [.. Directory.GetFiles(_folder, "*.raftbackup")] : [];

    private static bool IsOf(NodeProcess node, string file) =>
        Path.GetFileName(file).StartsWith($"test-{node.Id}-e1-", StringComparison.Ordinal);

    private static async Task<JsonElement> StatusAsync(NodeProcess node) =>
        (await node.Client.SendAsync(HttpMethod.Get, "/v1/cluster", body: null)).Json;

    private static async Task<string?> ErrorAsync(NodeProcess node) =>
        (await StatusAsync(node)).GetProperty("backup").GetProperty("error").GetString();
}
