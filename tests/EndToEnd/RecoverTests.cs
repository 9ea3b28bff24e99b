using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>What can be had when a majority of the nodes is gone for good.</summary>
public sealed class RecoverTests : ClusterTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_folder_that_holds_most_becomes_a_cluster_with_every_row_its_log_had()
    {
        var leader = await Cluster.LeaderAsync();
        var (stale, lost) = (Cluster.Others(leader).First(), Cluster.Others(leader).Last());
        var ledger = new Ledger();
        await using (var writers = Writers.Start(Cluster, ledger, "w", 4))
        {
            await writers.ProgressAsync(100);
            await stale.KillAsync();
            await writers.ProgressAsync(100);
            foreach (var node in (NodeProcess[])[lost, leader])
            {
                node.SendKill();
            }
        }

        await Task.WhenAll(lost.EndAsync(), leader.EndAsync());
        Directory.Delete(lost.Settings.Data, recursive: true);
        var before = Files(leader.Settings.Data);

        var shown = (await RecoverAsync($"{stale.Settings.Data},{leader.Settings.Data}", "--json")).Succeeds();
        Assert.Equal(leader.Settings.Data, Newest(shown));
        Assert.Equal(before, Files(leader.Settings.Data));

        (await RecoverAsync($"{stale.Settings.Data},{leader.Settings.Data}", "--i-accept-data-loss")).Succeeds();
        await using var recovered = new NodeProcess(leader.Settings with { Members = null });
        recovered.Start();
        await recovered.ReadyAsync();
        var rows = await Audit.RowsAsync(recovered, (await recovered.Client.GetAsync("any")).Session);
        foreach (var entry in ledger.Entries.Where(entry => entry.Result is WriteResult.Acknowledged))
        {
            Assert.Equal(
                new Audit.Row(entry.Value, ((WriteResult.Acknowledged)entry.Result).Revision, 1), rows.GetValueOrDefault(entry.Key));
        }

        await using var joined = new NodeProcess(
            TestCluster.NewSettings("n4", Path.Combine(Cluster.Folder, "n4"), Options) with { Join = recovered.Settings.Http });
        joined.Start();
        await joined.ReadyAsync();
        await Eventually.HoldsAsync("two voters", Bound, async () => await VotersAsync(joined) == 2);
        Assert.Equal(201, (await joined.Client.PutAsync("after", "it", ("Raft-Durability", "all"), ("Raft-Wait", "30s"))).Status);

        // What is left of the old cluster disturbs nobody: it is of another one.
        stale.Start();
        var refused = await recovered.Client.GetAsync("any", ("Raft-Session", ledger.Newest.Session), ("Raft-Consistency", "session"));
        Assert.Equal((400, "malformed"), (refused.Status, refused.Code));
        Assert.Contains("epoch 2", refused.Text, StringComparison.Ordinal);
        Assert.Equal("it", (await recovered.Client.GetAsync("after")).Text);
    }

    [Fact]
    public async Task A_followers_folder_alone_serves_again_and_is_told_from_the_old_cluster()
    {
        var leader = await Cluster.LeaderAsync();
        var left = Cluster.Others(leader).First();
        for (var row = 0; row < 20; row++)
        {
            Assert.Equal(201, (await leader.Client.PutAsync($"row/{row}", $"value {row}")).Status);
        }

        await Cluster.SameStateAsync(20, Bound);
        var hash = (await left.ViewAsync())!.StateHash;
        foreach (var node in Cluster.Nodes)
        {
            await node.KillAsync();
        }

        foreach (var gone in Cluster.Others(left))
        {
            Directory.Delete(gone.Settings.Data, recursive: true);
        }

        (await RecoverAsync(left.Settings.Data, "--i-accept-data-loss")).Succeeds();

        // Under its old command line it does not start: that names members which are no more.
        left.Start();
        Assert.Equal(3, await left.EndAsync());
        Assert.Contains("whose members are", left.Log.Errors[^1], StringComparison.Ordinal);

        await using var recovered = new NodeProcess(left.Settings with { Members = null });
        recovered.Start();
        await recovered.ReadyAsync();
        // A linearizable read, which waits until everything in the log is applied.
        Assert.Equal("value 19", (await recovered.Client.GetAsync("row/19")).Text);
        var view = (await recovered.ViewAsync())!;
        Assert.Equal((20, hash), (view.Revision, view.StateHash));

        // While a node runs on it, nothing is done to it.
        var refused = await RecoverAsync(left.Settings.Data, "--i-accept-data-loss");
        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("stop every node of the cluster first; nothing was changed", refused.Error, StringComparison.Ordinal);
    }

    private static string Newest(RaftctlRun shown) => JsonDocument.Parse(shown.Out).RootElement.GetProperty("folders").EnumerateArray()
        .Single(folder => folder.GetProperty("newest").GetBoolean()).GetProperty("folder").GetString()!;

    private static async Task<int> VotersAsync(NodeProcess node)
    {
        var answer = await node.Client.SendAsync(HttpMethod.Get, "/v1/members", body: null);
        return answer.Status != 200
            ? 0
            : answer.Json.GetProperty("members").EnumerateArray().Count(member => member.GetProperty("role").GetString() == "voter");
    }

    private static Dictionary<string, (long, DateTime)> Files(string folder) => new DirectoryInfo(folder)
        .EnumerateFiles("*", SearchOption.AllDirectories)
        .ToDictionary(file => file.FullName, file => (file.Length, file.LastWriteTimeUtc));

    private Task<RaftctlRun> RecoverAsync(string data, params string[] words) =>
        RaftctlRun.OfAsync(Cluster.Nodes, ["recover", "--data", data, .. words]);
}
