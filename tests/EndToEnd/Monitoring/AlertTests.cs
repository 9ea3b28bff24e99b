using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Monitoring;

/// <summary>Faults put into a real cluster make the alerts fire that are meant for them, and mended they clear.</summary>
public sealed class AlertTests : ClusterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_is_down_a_quorum_that_is_lost_and_a_leader_that_does_not_stay_are_told()
    {
        await using var prometheus = await PrometheusServer.StartAsync(Cluster.Authorities);
        await prometheus.ClearsAsync();
        var leader = await Cluster.LeaderAsync();
        var follower = Cluster.Nodes.First(node => node != leader);

        await follower.KillAsync();
        Assert.True((await leader.Client.PutAsync("a", "1")).Status is 200 or 201);
        await prometheus.FiresAsync("RaftClusterNodeDown", "RaftClusterQuorumAtRisk", "RaftClusterFollowerLagging");
        follower.Start();
        await follower.ReadyAsync();
        await prometheus.ClearsAsync();

        // Without its others, the node that is left knows no leader and grows stale.
        leader = await Cluster.LeaderAsync();
        var paused = Cluster.Nodes.Where(node => node != leader).ToList();
        paused.ForEach(node => node.Pause());
        await prometheus.FiresAsync("RaftClusterNoLeader", "RaftClusterNodeDown", "RaftClusterStaleNode");
        var metrics = await leader.Client.SendAsync(HttpMethod.Get, "/metrics", body: null);
        Assert.Equal(200, metrics.Status);
        Assert.Contains("\nraftcluster_has_leader 0\n", metrics.Text, StringComparison.Ordinal);
        paused.ForEach(node => node.Resume());
        await prometheus.ClearsAsync("RaftClusterFrequentLeaderChanges", "RaftClusterHighErrorRate");

        for (var change = 0; change < 8; change++)
        {
            var now = await Cluster.LeaderAsync();
            var to = Cluster.Nodes.First(node => node != now);
            var handed = await now.Client.SendAsync(HttpMethod.Post, "/v1/cluster/leader", $$"""{"to":"{{to.Id}}"}""");
            Assert.True(handed.Status == 200, $"{handed}");
            await Task.Delay(TimeSpan.FromSeconds(1.5), Cancellation); // A scrape in between, so that each change is seen.
        }

        await prometheus.FiresAsync("RaftClusterFrequentLeaderChanges");
    }
}

/// <summary>Nodes whose disks are below the reserve and whose backups fail.</summary>
public sealed class DiskAndBackupAlertTests : ClusterTests
{
    private protected override int Count => 1;

    // As much as may be stated; and what stands at a file's place can't be a folder.
    private protected override string[] Options => ["--disk-reserve", "1024GiB", "--backup-folder", "/dev/null/backups", "--backup-every", "1h"];

    [Fact]
    public async Task They_are_told()
    {
        Assert.SkipUnless(new DriveInfo(Cluster.Folder).AvailableFreeSpace < 1L << 40, "needs a disk with less than 1 TiB free");
        await using var prometheus = await PrometheusServer.StartAsync(Cluster.Authorities);

        await prometheus.FiresAsync("RaftClusterDiskLow", "RaftClusterBackupFailed", "RaftClusterBackupTooOld");
        Assert.Equal(507, (await Cluster.Nodes[0].Client.PutAsync("a", "1")).Status);
    }
}
