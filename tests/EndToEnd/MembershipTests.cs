using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.EndToEnd.Writing;
using ExitCode = RaftCluster.Node.ExitCode;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>A cluster that grows, shrinks and moves while it serves.</summary>
public sealed class MembershipTests : ClusterTests
{
    private static readonly TimeSpan ChangeBound = TimeSpan.FromSeconds(90);

    private protected override int Count => 1;

    private protected override string[] Options =>
        ["--election-timeout", "600ms", "--snapshot-log", "1MiB", "--snapshot-interval", "1s", "--keep-log", "0"];

    [Fact]
    public async Task From_one_to_five_and_back_to_one_under_load_no_acknowledged_write_is_lost()
    {
        var ledger = new Ledger();
        await using (var writers = Writers.Start(Cluster, ledger, "w", 4))
        {
            await writers.ProgressAsync(20);
            for (var nodes = 2; nodes <= 5; nodes++)
            {
                await Cluster.JoinAsync(Cluster.Nodes[0], Options);
                await UntilAsync(members => members.Count(IsVoter) == nodes, $"{nodes} voters");
                await writers.ProgressAsync(50);
            }

            // Whoever leads goes first, then the oldest, down to one.
            while (Cluster.Nodes.Count > 1)
            {
                var gone = Cluster.Nodes.Count % 2 == 1 ? await Cluster.LeaderAsync() : Cluster.Nodes[0];
                await RemoveAsync(gone, through: Cluster.Others(gone).First());
                Cluster.Forget(gone);
                await writers.ProgressAsync(50);
            }
        }

        await Audit.HoldsAsync(Cluster, ledger);
    }

    [Fact]
    public async Task A_read_replica_joins_by_a_snapshot_and_stays_one_over_restarts()
    {
        var first = Cluster.Nodes[0];
        var value = new string('v', 100_000);
        for (var row = 0; await FirstIndexAsync(first) == 1; row++)
        {
            Assert.Equal(201, (await first.Client.PutAsync($"row/{row}", value)).Status);
        }

        var replica = await Cluster.JoinAsync(first, [.. Options, "--promote", "never"]);
        await Cluster.SameStateAsync(1, ChangeBound);
        Assert.True(await FirstIndexAsync(replica) > 1, "its log begins behind the snapshot");
        Assert.Equal("learner", (await replica.ViewAsync())!.Role);

        // It answers a linearizable read itself, and a write goes through it.
        Assert.Equal(201, (await replica.Client.PutAsync("through", "it")).Status);
        var read = await replica.Client.GetAsync("through", ("Raft-Fallback", "fail"));
        Assert.Equal(("it", replica.Id), (read.Text, read.Headers["Raft-Node"]));

        Assert.Equal(0, await replica.StopAsync());
        replica.Start();
        await replica.ReadyAsync();
        await Cluster.SameStateAsync(2, ChangeBound);
        Assert.Equal(["voter", "learner"], (await MembersAsync(first)).Select(member => member.GetProperty("role").GetString()));
    }

    [Fact]
    public async Task A_member_that_never_came_up_is_removed()
    {
        var first = Cluster.Nodes[0];
        var absent = TestCluster.NewSettings("absent", "unused", []);
        var added = await first.Client.SendAsync(
            HttpMethod.Post, "/v1/members", $$"""{"id":"absent","url":"{{absent.Url}}","peer":"{{absent.Peer}}"}""");
        Assert.Equal(201, added.Status);
        var refused = await first.Client.SendAsync(HttpMethod.Patch, "/v1/members/absent", """{"role":"voter"}""");
        Assert.Equal((409, "learner-behind", "not-applied"), (refused.Status, refused.Code, refused.Outcome));
        Assert.Equal(200, (await first.Client.SendAsync(HttpMethod.Delete, "/v1/members/absent", body: null)).Status);
        Assert.Equal("n1", Assert.Single(await MembersAsync(first)).GetProperty("id").GetString());
        var last = await first.Client.SendAsync(HttpMethod.Delete, "/v1/members/n1", body: null);
        Assert.Equal((409, "would-lose-quorum"), (last.Status, last.Code));
    }

    [Fact]
    public async Task A_list_of_members_of_an_earlier_day_keeps_no_node_down()
    {
        var first = Cluster.Nodes[0];
        var second = await Cluster.JoinAsync(first, Options);
        await UntilAsync(members => members.Count(IsVoter) == 2, "two voters");
        var third = await Cluster.JoinAsync(first, Options);
        await UntilAsync(members => members.Count(IsVoter) == 3, "three voters");

        Assert.Equal(0, await second.StopAsync());
        var earlier = string.Join(',', new[] { second, third }.Select(node => $"{node.Id}={node.Settings.Url}/{node.Settings.Peer}"));
        var again = new NodeProcess(second.Settings with { Members = earlier, Join = null });
        Cluster.Replace(second, again);
        again.Start();
        await again.ReadyAsync();

        Assert.Contains(
            $"node {again.Id} was started with --members {again.Id}, {third.Id}, but the members are", again.Log.Tail(int.MaxValue), StringComparison.Ordinal);
        await UntilAsync(members => members.Count(IsVoter) == 3, "still three voters");
    }

    [Fact]
    public async Task A_node_that_is_removed_while_it_is_down_says_so_and_stays_down()
    {
        await Cluster.JoinAsync(Cluster.Nodes[0], Options);
        var gone = await Cluster.JoinAsync(Cluster.Nodes[0], Options);
        await UntilAsync(members => members.Count(IsVoter) == 3, "three voters");
        Assert.Equal(0, await gone.StopAsync());
        await SendRemovalAsync(gone, through: Cluster.Others(gone).First());

        for (var start = 0; start < 2; start++)
        {
            gone.Start();
            Assert.Equal(ExitCode.Removed, await gone.EndAsync());
            Assert.Contains($"{gone.Id} was removed from the cluster: by entry", gone.Log.Errors[^1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_name_that_was_removed_is_added_again_with_an_empty_folder_and_not_with_the_old_one()
    {
        await Cluster.JoinAsync(Cluster.Nodes[0], Options);
        var gone = await Cluster.JoinAsync(Cluster.Nodes[0], Options);
        await UntilAsync(members => members.Count(IsVoter) == 3, "three voters");
        await RemoveAsync(gone, through: Cluster.Nodes[0]);
        Assert.Equal(201, (await Cluster.Nodes[0].Client.PutAsync("since", "then")).Status);
        var (url, peer) = (gone.Settings.Url, gone.Settings.Peer);
        await Eventually.HoldsAsync(
            "it is added again",
            ChangeBound,
            async () => (await Cluster.Nodes[0].Client.SendAsync(
                HttpMethod.Post, "/v1/members", $$"""{"id":"{{gone.Id}}","url":"{{url}}","peer":"{{peer}}"}""")).Status is 200 or 201);

        // Its old folder says that it was removed, and what to do.
        gone.Start();
        Assert.Equal(ExitCode.Removed, await gone.EndAsync());
        Assert.Contains($"{gone.Id} was removed from the cluster: by entry", gone.Log.Errors[^1], StringComparison.Ordinal);
        Assert.Contains("start it with --join and another data folder", gone.Log.Errors[^1], StringComparison.Ordinal);

        var again = new NodeProcess(gone.Settings with { Data = gone.Settings.Data + "-again", Join = Cluster.Nodes[0].Settings.Http });
        Cluster.Replace(gone, again);
        again.Start();
        await again.ReadyAsync();
        await UntilAsync(members => members.Count(IsVoter) == 3, "three voters again");
        await Cluster.SameStateAsync(1, ChangeBound);
    }

    [Fact]
    public async Task A_node_that_is_started_at_other_addresses_tells_the_others()
    {
        await Cluster.JoinAsync(Cluster.Nodes[0], Options);
        var moving = await Cluster.JoinAsync(Cluster.Nodes[0], Options);
        await UntilAsync(members => members.Count(IsVoter) == 3, "three voters");
        Assert.Equal(0, await moving.StopAsync());
        var moved = new NodeProcess(TestCluster.NewSettings(moving.Id, moving.Settings.Data, Options));
        moved.Start();
        Cluster.Replace(moving, moved);
        await moved.ReadyAsync();
        await UntilAsync(
            members => members.Any(member => member.GetProperty("url").GetString() == moved.Settings.Url
                && member.GetProperty("peer").GetString() == moved.Settings.Peer),
            "its new addresses are known");
        var everywhere = await Cluster.Nodes[0].Client.PutAsync("a", "1", ("Raft-Durability", "all"), ("Raft-Wait", "30s"));
        Assert.Equal(201, everywhere.Status);
        await Cluster.SameStateAsync(1, ChangeBound);
    }

    [Fact]
    public async Task A_folder_of_another_cluster_joins_nothing()
    {
        await using var other = await TestCluster.StartAsync(1);
        Assert.Equal(0, await other.Nodes[0].StopAsync());
        var stranger = new NodeProcess(
            TestCluster.NewSettings("n1", other.Nodes[0].Settings.Data, Options) with { Join = Cluster.Nodes[0].Settings.Http });
        await using (stranger)
        {
            stranger.Start();
            Assert.Equal(ExitCode.DataFolder, await stranger.EndAsync());
            Assert.Contains(", and the one to join is ", stranger.Log.Errors[^1], StringComparison.Ordinal);
        }

        Assert.Single(await MembersAsync(Cluster.Nodes[0]));
    }

    private static bool IsVoter(JsonElement member) => member.GetProperty("role").GetString() == "voter";

    private static async Task<long> FirstIndexAsync(NodeProcess node) =>
        (await node.Client.SendAsync(HttpMethod.Get, "/v1/cluster", body: null)).Json.GetProperty("firstIndex").GetInt64();

    private static async Task<JsonElement[]> MembersAsync(NodeProcess node)
    {
        var answer = await node.Client.SendAsync(HttpMethod.Get, "/v1/members", body: null);
        return answer.Status == 200 ? [.. answer.Json.GetProperty("members").EnumerateArray()] : [];
    }

    private Task UntilAsync(Func<JsonElement[], bool> holds, string what)
    {
        JsonElement[] members = [];
        return Eventually.HoldsAsync(
            what,
            ChangeBound,
            async () => holds(members = await MembersAsync(Cluster.Nodes[0])),
            () => string.Join(", ", members.Select(member => member.ToString())));
    }

    private static async Task RemoveAsync(NodeProcess gone, NodeProcess through)
    {
        await SendRemovalAsync(gone, through);
        Assert.Equal(ExitCode.Removed, await gone.EndAsync());
        Assert.Contains($"{gone.Id} was removed from the cluster: by entry", gone.Log.Errors[^1], StringComparison.Ordinal);
    }

    /// <summary>Asks again while something passing is in the way, or nobody can say whether it was done: it is done once all the same.</summary>
    private static async Task SendRemovalAsync(NodeProcess gone, NodeProcess through)
    {
        Answer? last = null;
        await Eventually.HoldsAsync(
            $"DELETE /v1/members/{gone.Id} is done",
            ChangeBound,
            async () =>
            {
                last = await through.Client.SendAsync(HttpMethod.Delete, $"/v1/members/{gone.Id}", body: null);
                return last.Status == 200 || last is { Status: 404, Code: "no-such-member" };
            },
            () => $"{last}");
    }
}
