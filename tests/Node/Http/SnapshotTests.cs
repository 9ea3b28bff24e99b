using System.Net;
using System.Security.Cryptography;
using RaftCluster.Node.Backups;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.Node.Http;

/// <summary><c>GET /v1/snapshot</c>.</summary>
public sealed class SnapshotTests
{
    [Theory, InlineData(false), InlineData(true)]
    public async Task A_backup_comes_whole_with_its_digest_behind_it(bool http2)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("b", "2");
        var (headers, bytes, digest) = await BackupAsync(node, "/v1/snapshot", http2);
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:", digest);
        Assert.Contains("attachment; filename=\"raft-n1-e1-", headers["Content-Disposition"], StringComparison.Ordinal);
        Assert.Equal(("2", "n1"), (headers["Raft-Revision"], headers["Raft-Node"]));

        using var reader = BackupReader.Open(new MemoryStream(bytes), "b");
        reader.ReadFiles(_ => new MemoryStream());
        Assert.Equal((2, 1, "n1", "raft"), (reader.Header.Revision, reader.Header.Epoch, reader.Header.Node, reader.Header.Cluster));
        Assert.Equal(node.Store.Applied, reader.Header.Position);
        Assert.Equal(0, node.Copies.InUse);
    }

    [Fact]
    public async Task An_increment_has_what_happened_since()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "1");
        await node.PutAsync("a", "2");
        var (_, bytes, _) = await BackupAsync(node, "/v1/snapshot?since=1", http2: false);
        using var reader = BackupReader.Open(new MemoryStream(bytes), "b");
        new IncrementReplay(reader, target: null).Run();
        Assert.Equal((1L, 2L), (reader.Header.Since, reader.Header.Revision));

        var future = await node.GetAsync("/v1/snapshot?since=3");
        Assert.Equal((400, "since"), (future.Status, future.Field));
        Assert.Contains("this node stands at 2", future.Text, StringComparison.Ordinal);
        Assert.Equal((400, "since"), (await node.GetAsync("/v1/snapshot?since=x")) is var wrong ? (wrong.Status, wrong.Field) : default);
        Assert.Equal(400, (await node.GetAsync("/v1/snapshot?from=1")).Status);
        Assert.Equal(405, (await node.SendAsync("POST", "/v1/snapshot", "{}")).Status);
    }

    [Fact]
    public async Task An_increment_since_what_was_compacted_is_gone()
    {
        await using var node = await TestNode.LeaderAsync();
        for (var i = 0; i < 5; i++)
        {
            await node.PutAsync("a", $"{i}");
        }

        await node.SendAsync("POST", "/v1/compact", """{"revision":4}""", "Content-Type: application/json");
        var gone = await node.GetAsync("/v1/snapshot?since=3");
        Assert.Equal((410, "compacted", 4), (gone.Status, gone.Code, gone.Json.GetProperty("oldestRevision").GetInt64()));
        Assert.Contains("take a full backup", gone.Text, StringComparison.Ordinal);
        Assert.Equal(410, (await node.GetAsync("/v1/snapshot?since=0")).Status);
        await BackupAsync(node, "/v1/snapshot?since=4", http2: false);
    }

    [Fact]
    public async Task A_follower_has_all_that_was_acknowledged_or_says_that_it_has_not()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using (leader)
        await using (follower)
        {
            await leader.PutAsync("a", "1");
            var (headers, _, _) = await BackupAsync(follower, "/v1/snapshot", http2: false);
            Assert.Equal(("1", "n2", "follower"), (headers["Raft-Revision"], headers["Raft-Node"], headers["Raft-Role"]));

            follower.Consensus.IsCutOff = true;
            var refused = await follower.GetAsync("/v1/snapshot", "Raft-Wait: 50ms");
            Assert.Equal((503, true), (refused.Status, refused.Json.GetProperty("retryable").GetBoolean()));
            (headers, _, _) = await BackupAsync(follower, "/v1/snapshot?consistency=local", http2: false);
            Assert.Equal("1", headers["Raft-Revision"]);
        }
    }

    [Fact]
    public async Task Only_so_many_are_made_at_a_time()
    {
        await using var node = await TestNode.LeaderAsync();
        var gate = new TaskCompletionSource();
        node.Copies.Gate = gate.Task;
        var first = Enumerable.Range(0, BackupSource.AtATime).Select(_ => BackupAsync(node, "/v1/snapshot", http2: false)).ToList();
        while (node.Copies.InUse < BackupSource.AtATime)
        {
            await Task.Yield();
        }

        var refused = await node.GetAsync("/v1/snapshot");
        Assert.Equal((503, "overloaded"), (refused.Status, refused.Code));
        gate.SetResult();
        await Task.WhenAll(first);
        await BackupAsync(node, "/v1/snapshot", http2: false);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_the_node_goes_on()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Copies.Failure = new StorageException("rows", StorageFault.DiskFull, "no room");
        var refused = await node.GetAsync("/v1/snapshot");
        Assert.Equal((503, "backup-failed"), (refused.Status, refused.Code));
        node.Copies.Failure = null;
        await BackupAsync(node, "/v1/snapshot", http2: false);
        Assert.Equal(200, (await node.PutAsync("a", "1")).Status is 200 or 201 ? 200 : 0);
    }

    [Fact]
    public async Task The_view_of_the_cluster_shows_the_backups_of_the_node()
    {
        await using var node = await TestNode.LeaderAsync();
        Assert.False((await node.GetAsync("/v1/cluster")).Json.TryGetProperty("backup", out _));
        node.Backups.Report = new BackupReport(
            "/backups",
            new BackupFolderFile("/backups/b.raftbackup", Backups.BackupFiles.Header with { Revision = 7 }, 99),
            DateTimeOffset.UnixEpoch,
            "no room");
        var backup = (await node.GetAsync("/v1/cluster")).Json.GetProperty("backup");
        Assert.Equal(
            """{"folder":"/backups","file":"b.raftbackup","kind":"full","at":"2026-01-02T03:04:05Z","revision":7,"bytes":99,"next":"1970-01-01T00:00:00Z","error":"no room"}""",
            backup.GetRawText());
    }

    private static async Task<(Dictionary<string, string> Headers, byte[] Bytes, string Digest)> BackupAsync(TestNode node, string target, bool http2)
    {
        var http = http2 ? node.Http2 : node.Http;
        using var request = new HttpRequestMessage(HttpMethod.Get, target)
        {
            Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return (headers, bytes, Assert.Single(response.TrailingHeaders.GetValues("Content-Digest")));
    }
}
