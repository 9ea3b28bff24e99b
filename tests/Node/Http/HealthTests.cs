namespace RaftCluster.Tests.Node.Http;

/// <summary>Whether the process works, whether it can serve, and how it sees the cluster.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_node_that_can_serve_says_so_with_a_line_for_each_check()
    {
        await using var node = await TestNode.LeaderAsync();

        Assert.Equal((200, "ok\n"), await TextAsync(node, "/livez"));
        Assert.Equal((200, "ok\n"), await TextAsync(node, "/readyz"));
        Assert.Equal((200, "[+]process: ok\nlivez passed\n"), await TextAsync(node, "/livez?verbose"));
        Assert.Equal(
            (200, "[+]running: ok\n[+]leader: ok\n[+]rebuilt: ok\n[+]drained: ok\n[+]applied: ok\n[+]store: ok\nreadyz passed\n"),
            await TextAsync(node, "/readyz?verbose=true"));
    }

    [Fact]
    public async Task Without_a_leader_it_lives_but_is_not_ready()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.LoseLeader();

        Assert.Equal(200, (await node.GetAsync("/livez")).Status);
        var answer = await node.GetAsync("/readyz");
        Assert.Equal((503, "[-]leader: no leader is known\nreadyz failed\n", "1"), (answer.Status, answer.Text, answer["Retry-After"]));
    }

    [Fact]
    public async Task A_data_folder_that_takes_no_writes_is_told()
    {
        await using var node = await TestNode.LeaderAsync();
        node.NotWritable = "disk full";

        Assert.Equal((503, "[-]store: not writable: disk full\nreadyz failed\n"), await TextAsync(node, "/readyz"));
    }

    [Fact]
    public async Task The_cluster_is_shown_as_this_node_sees_it()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.PutAsync("a", "v");

        var mine = (await leader.GetAsync("/v1/cluster")).Json;
        var theirs = (await follower.GetAsync("/v1/cluster")).Json;

        Assert.Equal("1122334455667788", mine.GetProperty("id").GetString());
        Assert.Equal(("leader", "follower"), (mine.GetProperty("role").GetString(), theirs.GetProperty("role").GetString()));
        Assert.Equal("n1", theirs.GetProperty("leader").GetProperty("id").GetString());
        Assert.Equal(mine.GetProperty("stateHash").GetString(), theirs.GetProperty("stateHash").GetString());
        Assert.Equal(32, mine.GetProperty("stateHash").GetString()!.Length);
        Assert.Equal(["n1", "n2"], theirs.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("id").GetString()!));
        Assert.Equal((1, 1), (theirs.GetProperty("appliedIndex").GetInt64(), theirs.GetProperty("revision").GetInt64()));
    }

    private static async Task<(int, string)> TextAsync(TestNode node, string target)
    {
        var answer = await node.GetAsync(target);
        return (answer.Status, answer.Text);
    }
}
