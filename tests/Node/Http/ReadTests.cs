using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Reads on a follower: as fresh as asked, or not at all.</summary>
public sealed class ReadTests
{
    [Theory]
    [InlineData("consistency=linearizable")]
    [InlineData("")]
    public async Task A_linearizable_read_on_a_follower_is_confirmed_by_the_leader(string query)
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.PutAsync("a", "v");
        var before = follower.Consensus.Confirmed;

        var answer = await follower.GetAsync($"/v1/kv/a?{query}");

        Assert.Equal(("v", "0", "n2", "follower"), (answer.Text, answer["Raft-Staleness"], answer["Raft-Node"], answer["Raft-Role"]));
        Assert.True(follower.Consensus.Confirmed > before);
    }

    [Theory]
    [InlineData("linearizable")]
    [InlineData("bounded&max-staleness=0ms")]
    public async Task A_follower_cut_off_never_answers_with_old_data(string consistency)
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.PutAsync("a", "old");
        follower.Consensus.IsCutOff = true;
        await leader.PutAsync("a", "new");

        var refused = await follower.GetAsync($"/v1/kv/a?consistency={consistency}&fallback=fail&wait=50ms");
        Assert.Equal((503, "not-caught-up", "not-applied", "1"), (refused.Status, refused.Code, refused.Outcome, refused["Retry-After"]));

        // Its peers are out of its reach, but the leader's API is not.
        var forwarded = await follower.GetAsync($"/v1/kv/a?consistency={consistency}&wait=20s");
        Assert.Equal(("new", "n2", "follower", "n1"), (
            forwarded.Text, forwarded["Raft-Node"], forwarded["Raft-Role"], forwarded["Raft-Leader"]));
        Assert.Equal("old", (await follower.GetAsync("/v1/kv/a?consistency=local")).Text);
    }

    [Fact]
    public async Task A_session_sees_what_it_wrote_on_every_node()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.PutAsync("a", "old");
        follower.Consensus.IsCutOff = true;
        var token = (await leader.PutAsync("a", "new"))["Raft-Session"]!;

        var refused = await follower.GetAsync("/v1/kv/a?consistency=session&fallback=fail&wait=50ms", $"Raft-Session: {token}");
        Assert.Equal((503, "not-caught-up"), (refused.Status, refused.Code));
        Assert.Equal(token, refused["Raft-Session"]);

        var forwarded = await follower.GetAsync("/v1/kv/a?consistency=session&wait=20s", $"Raft-Session: {token}");
        Assert.Equal("new", forwarded.Text);

        var waiting = follower.GetAsync("/v1/kv/a?consistency=session&fallback=fail&wait=1m", $"Raft-Session: {token}");
        follower.Consensus.Reconnect();
        Assert.Equal(("new", "n2"), ((await waiting).Text, (await waiting)["Raft-Node"]));
        Assert.Equal("new", (await follower.GetAsync("/v1/kv/a?consistency=session")).Text);
    }

    [Fact]
    public async Task A_bounded_read_is_served_at_once_while_the_proof_is_young()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.PutAsync("a", "v");
        await follower.GetAsync("/v1/kv/a");
        follower.Consensus.IsCutOff = true;

        var answer = await follower.GetAsync("/v1/kv/a?consistency=bounded&max-staleness=10m&fallback=fail&wait=0ms");

        Assert.Equal("v", answer.Text);
        Assert.True(long.Parse(answer["Raft-Staleness"]!, System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public async Task Without_a_leader_a_read_that_needs_one_is_refused_and_a_local_one_is_not()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "v");
        node.Consensus.LoseLeader();
        node.Consensus.IsCutOff = true;

        var refused = await node.GetAsync("/v1/kv/a?wait=50ms");
        Assert.Equal((503, "no-leader", "not-applied"), (refused.Status, refused.Code, refused.Outcome));
        var failed = await node.GetAsync("/v1/kv/a?wait=50ms&fallback=fail");
        Assert.Equal((503, "not-caught-up"), (failed.Status, failed.Code));
        Assert.Equal("v", (await node.GetAsync("/v1/kv/a?consistency=local")).Text);
    }

    [Fact]
    public async Task A_leader_that_lost_its_majority_answers_no_linearizable_read()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "v");
        node.Consensus.IsCutOff = true;

        var refused = await node.GetAsync("/v1/kv/a?wait=50ms");

        Assert.Equal(Role.Leader, node.Consensus.Standing.Role);
        Assert.Equal((503, "no-leader"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_revision_that_is_on_its_way_is_waited_for()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        follower.Consensus.IsCutOff = true;
        await leader.PutAsync("a", "v");

        var late = await follower.GetAsync("/v1/kv/a?rev=1&consistency=local&fallback=fail&wait=50ms");
        Assert.Equal((503, "not-caught-up"), (late.Status, late.Code));

        follower.Consensus.Reconnect();
        Assert.Equal("v", (await follower.GetAsync("/v1/kv/a?rev=1&consistency=local&fallback=fail")).Text);
    }
}
