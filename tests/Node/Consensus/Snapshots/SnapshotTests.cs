using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Consensus.Snapshots;

/// <summary>Followers whose entries are not in the leader's log any more, over real logs, rows and connections.</summary>
public sealed class SnapshotTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_follower_that_is_behind_the_leaders_log_is_sent_the_rows_and_goes_on_from_the_log()
    {
        await using var cluster = await TestCluster.StartAsync(3, Often);
        var leader = await cluster.LeaderAsync(Patience);
        var late = Other(cluster, leader);
        await cluster.StopAsync(late);
        var revision = await WriteUntilCutAsync(leader, 1);
        await cluster.StartAsync(late);
        revision = await WriteAsync(leader, 20, revision);
        await cluster[late].WaitForRevisionAsync(revision, Patience);

        Assert.True(cluster[late].Status.FirstIndex > 1, "its log begins behind the snapshot");
        await AssertEqualAsync(cluster, revision);
    }

    [Fact]
    public async Task A_new_follower_with_nothing_joins_by_a_snapshot_and_has_it_after_a_restart()
    {
        await using var cluster = await TestCluster.StartAsync(3, Often);
        var leader = await cluster.LeaderAsync(Patience);
        var late = Other(cluster, leader);
        await cluster.StopAsync(late);
        var revision = await WriteUntilCutAsync(leader, 1);
        Directory.Delete(cluster.FolderOf(late), recursive: true);
        await cluster.StartAsync(late);
        await cluster[late].WaitForRevisionAsync(revision, Patience);
        await cluster.StopAsync(late);
        await cluster.StartAsync(late);
        Assert.Equal(revision, cluster.Rows(late).Applied.Revision);
        revision = await WriteAsync(leader, 5, revision);
        await cluster[late].WaitForRevisionAsync(revision, Patience);
        await AssertEqualAsync(cluster, revision);
    }

    [Fact]
    public async Task Two_followers_are_sent_the_rows_at_once_while_writes_go_on()
    {
        await using var cluster = await TestCluster.StartAsync(5, Often);
        var leader = await cluster.LeaderAsync(Patience);
        var late = cluster.Members.Where(member => member != leader.Status.Self).Take(2).Select(member => member.Id).ToArray();
        await cluster.StopAsync(late[0]);
        await cluster.StopAsync(late[1]);
        var revision = await WriteUntilCutAsync(leader, 1);
        await cluster.StartAsync(late[0]);
        await cluster.StartAsync(late[1]);
        for (var round = 0; round < 10; round++)
        {
            revision = await WriteAsync(leader, 10, revision);
        }

        await cluster[late[0]].WaitForRevisionAsync(revision, Patience);
        await cluster[late[1]].WaitForRevisionAsync(revision, Patience);
        await AssertEqualAsync(cluster, revision);
    }

    [Fact]
    public async Task A_snapshot_on_its_way_acknowledges_nothing_though_two_of_five_are_dead()
    {
        // So slow that the snapshot is certainly still on its way when the writes are judged.
        await using var cluster = await TestCluster.StartAsync(5, options => Often(options) with { SnapshotBytesPerSecond = 64 << 10 });
        var leader = await cluster.LeaderAsync(Patience);
        var others = cluster.Members.Where(member => member != leader.Status.Self).Select(member => member.Id).ToArray();
        await cluster.StopAsync(others[0]);
        var revision = await WriteUntilCutAsync(leader, 1);
        await cluster.StartAsync(others[0]);
        await UntilAsync(() => SnapshotOf(leader, others[0]) is { Sent: > 0 }, "the snapshot is on its way");
        await cluster.StopAsync(others[1]);
        await cluster.StopAsync(others[2]);

        // Two nodes of five have it on disk, and a third answers, but has only part of a snapshot.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var proposal = await leader.ProposeAsync(TestCluster.Put("undecided", "1"), Durability.Quorum, patience.Token);
        Assert.IsType<Proposal.Unknown>(proposal);
        Assert.NotNull(SnapshotOf(leader, others[0]));
        Assert.Equal(revision, cluster.Rows(leader.Status.Self.Id).Applied.Revision);
        Assert.Equal(Role.Leader, leader.Status.Role);

        await cluster.StartAsync(others[1]);
        await leader.WaitForRevisionAsync(revision + 1, Patience);
    }

    [Fact]
    public async Task A_transfer_that_broke_off_goes_on_where_it_was()
    {
        await using var cluster = await TestCluster.StartAsync(3, options => Often(options) with { SnapshotBytesPerSecond = 512 << 10 });
        var leader = await cluster.LeaderAsync(Patience);
        var late = Other(cluster, leader);
        await cluster.StopAsync(late);
        var revision = await WriteUntilCutAsync(leader, 1);
        await cluster.StartAsync(late);
        await UntilAsync(() => Files(cluster, late) > 0, "a whole file of the snapshot is there");
        await cluster.StopAsync(late);
        var whole = Files(cluster, late);
        await cluster.StartAsync(late);
        await UntilAsync(() => SnapshotOf(leader, late) is { Sent: > 0 }, "the snapshot is on its way again");
        Assert.True(Files(cluster, late) >= whole, "what was whole before the break is kept");
        await cluster[late].WaitForRevisionAsync(revision, Patience);
        await AssertEqualAsync(cluster, revision);
    }

    [Fact]
    public async Task A_log_damaged_before_its_end_is_set_aside_and_the_node_is_rebuilt_from_the_others()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var (leader, hurt, revision) = await StopOneThatHasAllAsync(cluster);
        FlipByte(Path.Combine(cluster.FolderOf(hurt), "log", "0000000000000001.log"), 5000);
        await cluster.StartAsync(hurt);
        Assert.Contains("0000000000000001.log is damaged at offset", cluster[hurt].Status.RebuildReason, StringComparison.Ordinal);
        Assert.True(cluster[hurt].Standing.IsRebuilding);
        await UntilAsync(() => !cluster[hurt].Standing.IsRebuilding, "it is rebuilt");
        await AssertEqualAsync(cluster, revision);
        Assert.Single(Directory.GetDirectories(cluster.FolderOf(hurt), "damaged.*"));

        // And it counts again: with it alone, the leader has its majority.
        var third = cluster.Members.Single(member => member != leader.Status.Self && member.Id != hurt).Id;
        await cluster.StopAsync(third);
        await WriteAsync(leader, 1, revision);
    }

    [Fact]
    public async Task Damaged_rows_are_rebuilt_from_the_others()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var (_, hurt, revision) = await StopOneThatHasAllAsync(cluster);
        FlipByte(Directory.GetFiles(Path.Combine(cluster.FolderOf(hurt), "store"), "MANIFEST-*").Single(), 20);
        await cluster.StartAsync(hurt);
        await UntilAsync(() => !cluster[hurt].Standing.IsRebuilding, "it is rebuilt");
        await AssertEqualAsync(cluster, revision);
    }

    [Fact]
    public async Task A_node_that_is_being_rebuilt_gives_no_vote()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync(Patience);
        var leaderId = leader.Status.Self.Id;
        var others = cluster.Members.Where(member => member.Id != leaderId).Select(member => member.Id).ToArray();

        // Only the leader and one follower have this write; then that follower's log is lost, and the leader is down.
        await cluster.StopAsync(others[1]);
        var revision = await WriteAsync(leader, 5, 0);
        await cluster.StopAsync(others[0]);
        await cluster.StopAsync(leaderId);
        FlipByte(Path.Combine(cluster.FolderOf(others[0]), "log", "0000000000000001.log"), 5000);
        await cluster.StartAsync(others[0]);
        await cluster.StartAsync(others[1]);

        // With its vote the other one, which lacks the writes, would lead.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cluster[others[1]].WaitForLeaderAsync(patience.Token));
        await cluster.StartAsync(leaderId);
        var next = await cluster.LeaderAsync(Patience);
        await next.WaitForRevisionAsync(revision, Patience);
        await UntilAsync(() => !cluster[others[0]].Standing.IsRebuilding, "it is rebuilt");
        await AssertEqualAsync(cluster, revision);
    }

    [Fact]
    public async Task A_damaged_node_that_is_the_whole_cluster_stops_and_says_where()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await WriteAsync(await cluster.LeaderAsync(Patience), 20, 0);
        await cluster.StopAsync("n1");
        FlipByte(Path.Combine(cluster.FolderOf("n1"), "log", "0000000000000001.log"), 5000);
        await Assert.ThrowsAsync<RaftCluster.Node.Consensus.Log.LogFailedException>(() => cluster.StartAsync("n1"));
    }

    /// <summary>Writes, and stops a follower that has everything.</summary>
    private static async Task<(ConsensusNode Leader, string Stopped, long Revision)> StopOneThatHasAllAsync(TestCluster cluster)
    {
        var leader = await cluster.LeaderAsync(Patience);
        var stopped = Other(cluster, leader);
        var revision = await WriteAsync(leader, 50, 0);
        await cluster[stopped].WaitForRevisionAsync(revision, Patience);
        await cluster.StopAsync(stopped);
        return (leader, stopped, revision);
    }

    /// <summary>A snapshot every mebibyte of log, and nothing of the log kept behind it.</summary>
    private static ConsensusOptions Often(ConsensusOptions options) =>
        options with { SnapshotBytes = 1 << 20, KeptLogBytes = 0, MaximumBatchesUnderWay = 4 };

    private static string Other(TestCluster cluster, ConsensusNode leader) =>
        cluster.Members.First(member => member != leader.Status.Self).Id;

    private static SnapshotProgressSeen? SnapshotOf(ConsensusNode leader, string id) =>
        leader.Status.Members.Single(member => member.Member.Id == id).Snapshot is { } snapshot
            ? new SnapshotProgressSeen(snapshot.Sent)
            : null;

    private static int Files(TestCluster cluster, string id) => Directory.GetDirectories(cluster.FolderOf(id), "store.*")
        .SelectMany(Directory.GetFiles).Count(name => !name.EndsWith(".part", StringComparison.Ordinal));

    private static async Task<long> WriteUntilCutAsync(ConsensusNode leader, long first)
    {
        var revision = 0L;
        while (leader.Status.FirstIndex <= first)
        {
            Assert.True(revision < 1000, "256 MiB were written and the log was not cut");
            revision = await WriteAsync(leader, 8, revision, 256 << 10);
        }

        return revision;
    }

    private static async Task<long> WriteAsync(ConsensusNode leader, int count, long revision, int length = 100)
    {
        var value = new byte[length];
        for (var at = 0; at < count; at++)
        {
            new Random((int)revision).NextBytes(value);
            var put = EntryCodec.EncodeTransaction(new Command.Put("kv", BitConverter.GetBytes(revision), value, null, Precondition.None));
            var done = Assert.IsType<Proposal.Done>(await leader.ProposeAsync(put, Durability.Quorum, Patience));
            revision = Assert.IsType<Outcome.Written>(done.Outcome).Revision;
        }

        return revision;
    }

    private static async Task AssertEqualAsync(TestCluster cluster, long revision)
    {
        foreach (var node in cluster.Nodes)
        {
            await node.WaitForRevisionAsync(revision, Patience);
        }

        Assert.Single(cluster.Nodes.Select(node => cluster.Rows(node.Status.Self.Id).Applied.StateHash).Distinct());
    }

    private static void FlipByte(string path, int offset)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[offset] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, $"not in time: {what}");
            await Task.Delay(5, CancellationToken.None);
        }
    }

    private sealed record SnapshotProgressSeen(long Sent);
}
