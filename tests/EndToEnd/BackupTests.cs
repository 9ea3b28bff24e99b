using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>Backups of a cluster that is written to, and the clusters that are made of them.</summary>
public sealed class BackupTests : ClusterTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    // Small enough that a backup of some megabytes takes a while.
    private protected override string[] Options => ["--election-timeout", "600ms", "--snapshot-rate", "3MiB"];

    private string Folder => Cluster.Folder;

    [Fact]
    public async Task A_backup_under_load_has_all_that_was_acknowledged_before_and_becomes_a_cluster()
    {
        var leader = await Cluster.LeaderAsync();
        var (full, increment) = (Path.Combine(Folder, "full.raftbackup"), Path.Combine(Folder, "increment.raftbackup"));
        var ledger = new Ledger();
        List<Ledger.Entry> before;
        JsonElement saved;
        await using (var writers = Writers.Start(Cluster, ledger, "w", 4))
        {
            await writers.ProgressAsync(300);
            var early = Acknowledged(ledger);
            var first = (await SaveAsync(full)).GetProperty("revision").GetInt64();
            Assert.InRange(first, early.Max(entry => ((WriteResult.Acknowledged)entry.Result).Revision), long.MaxValue);
            await writers.ProgressAsync(300);
            before = Acknowledged(ledger);
            saved = await SaveAsync(increment, "--since", full);
            Assert.Equal(first, saved.GetProperty("since").GetInt64());
            Assert.NotEqual(leader.Id, saved.GetProperty("node").GetString());
            await writers.ProgressAsync(20);
        }

        var verified = (await Raftctl("backup", "verify", full, increment, "--json")).Succeeds();
        Assert.Equal(saved.GetProperty("stateHash").GetString(), JsonDocument.Parse(verified.Out).RootElement.GetProperty("stateHash").GetString());

        await using var restored = New("r1", Path.Combine(Folder, "r1"));
        (await RestoreAsync(restored, full, increment)).Succeeds();
        restored.Start();
        await restored.ReadyAsync();
        var view = await restored.ViewAsync();
        Assert.Equal((saved.GetProperty("revision").GetInt64(), saved.GetProperty("stateHash").GetString()), (view!.Revision, view.StateHash));
        await using var second = New("r2", Path.Combine(Folder, "r2"), join: restored);
        await using var third = New("r3", Path.Combine(Folder, "r3"), join: restored);
        foreach (var node in (NodeProcess[])[second, third])
        {
            node.Start();
            await node.ReadyAsync();
            await CaughtUpAsync(node, view.Revision);
        }

        foreach (var node in (NodeProcess[])[restored, second, third])
        {
            var rows = await Audit.RowsAsync(node, (await node.Client.GetAsync("any")).Session);
            Assert.All(before, entry => Assert.Equal(
                new Audit.Row(entry.Value, ((WriteResult.Acknowledged)entry.Result).Revision, 1), rows.GetValueOrDefault(entry.Key)));
            Assert.Equal(view.Revision, rows.Count);
        }

        await RefusesWhatIsOfTheOldHistoryAsync(second, ledger.Newest.Session);
        Assert.Equal(201, (await third.Client.PutAsync("after", "the restore")).Status);
    }

    [Fact]
    public async Task A_kill_while_a_backup_is_saved_leaves_nothing_that_looks_whole()
    {
        await FillAsync(6);
        var file = Path.Combine(Folder, "killed.raftbackup");
        using (var saving = RaftctlRun.Start(Cluster.Nodes, "backup", "save", file))
        {
            await PartIsThereAsync(file);
            saving.Kill();
            await saving.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.False(File.Exists(file), "the file has its name only when it is whole");
        var cut = await Raftctl("backup", "verify", file + ".part", "--quick");
        Assert.Equal(7, cut.ExitCode);
        Assert.Contains("cut short", cut.Error, StringComparison.Ordinal);

        // A later try takes the place of what is left, and is whole.
        await SaveAsync(file);
        Assert.False(File.Exists(file + ".part"));
        (await Raftctl("backup", "verify", file)).Succeeds();
    }

    [Fact]
    public async Task A_node_that_dies_while_it_is_backed_up_leaves_no_file()
    {
        await FillAsync(6);
        var leader = await Cluster.LeaderAsync();
        var dying = Cluster.Others(leader).First();
        var file = Path.Combine(Folder, "dying.raftbackup");
        using var saving = RaftctlRun.Start(Cluster.Nodes, "backup", "save", file, "--node", dying.Id);
        await PartIsThereAsync(file);
        await dying.KillAsync();
        var error = await saving.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await saving.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(4, saving.ExitCode);
        Assert.Contains("No whole backup came from", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Folder));
        dying.Start();
        await dying.ReadyAsync();
    }

    [Fact]
    public async Task Without_a_leader_a_node_is_backed_up_only_as_it_is()
    {
        Assert.Equal(201, (await Cluster.Nodes[0].Client.PutAsync("a", "1")).Status);
        await Cluster.SameStateAsync(1, Bound);
        await Cluster.Nodes[1].KillAsync();
        await Cluster.Nodes[2].KillAsync();
        var file = Path.Combine(Folder, "alone.raftbackup");
        var refused = await Raftctl("backup", "save", file, "--node", "n1", "--timeout", "2s");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("Raft-Consistency: local", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        (await Raftctl("backup", "save", file, "--node", "n1", "--local")).Succeeds();
        (await Raftctl("backup", "verify", file)).Succeeds();
    }

    private static async Task RefusesWhatIsOfTheOldHistoryAsync(NodeProcess node, string session)
    {
        var read = await node.Client.GetAsync("any", ("Raft-Session", session), ("Raft-Consistency", "session"));
        Assert.Equal((400, "malformed"), (read.Status, read.Code));
        Assert.Contains("epoch 1, and this is cluster", read.Text, StringComparison.Ordinal);
        Assert.Contains("epoch 2", read.Text, StringComparison.Ordinal);
        var feed = await node.Client.SendAsync(HttpMethod.Get, "/v1/changes?wait=1s", null, ("Last-Event-ID", "5"), ("Accept", "application/json"));
        Assert.Equal((400, "malformed"), (feed.Status, feed.Code));
        Assert.Contains("epoch 2", feed.Text, StringComparison.Ordinal);
    }

    private static List<Ledger.Entry> Acknowledged(Ledger ledger) =>
        [.. ledger.Entries.Where(entry => entry.Result is WriteResult.Acknowledged)];

    private Task<RaftctlRun> Raftctl(params string[] words) => RaftctlRun.OfAsync(Cluster.Nodes, words);

    private async Task<JsonElement> SaveAsync(string file, params string[] words) =>
        JsonDocument.Parse((await Raftctl(["backup", "save", file, "--json", .. words])).Succeeds().Out).RootElement;

    private Task<RaftctlRun> RestoreAsync(NodeProcess node, params string[] files) => Raftctl(
        [
            "backup", "restore", .. files, "--data", node.Settings.Data, "--node", node.Id,
            "--http", node.Settings.Url, "--peer", node.Settings.Peer, "--cluster", "test",
        ]);

    private NodeProcess New(string id, string data, NodeProcess? join = null) =>
        new(TestCluster.NewSettings(id, data, Options) with { Join = join?.Settings.Http });

    private static Task CaughtUpAsync(NodeProcess node, long revision) => Eventually.HoldsAsync(
        $"{node.Id} at revision {revision}", Bound, async () => await node.ViewAsync() is { } view && view.Revision >= revision);

    /// <summary>Writes so many megabytes that no compression makes smaller.</summary>
    private async Task FillAsync(int megabytes)
    {
        for (var row = 0; row < megabytes; row++)
        {
            var value = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(750_000));
            Assert.Equal(201, (await Cluster.Nodes[0].Client.PutAsync($"row/{row}", value)).Status);
        }

        await Cluster.SameStateAsync(megabytes, Bound);
    }

    private static Task PartIsThereAsync(string file) => Eventually.HoldsAsync(
        "some of the backup has come", Bound, () => Task.FromResult(new FileInfo(file + ".part") is { Exists: true, Length: > 100_000 }));
}
