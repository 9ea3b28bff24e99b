using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Who leads, by an operator's will: on any node, and with a reason when it can't be.</summary>
public sealed class LeadershipTests
{
    [Theory]
    [InlineData("{\"to\":\"n2\"}")]
    [InlineData("{\"to\":null}")]
    [InlineData("{}")]
    [InlineData(null)]
    public async Task The_leader_hands_over_whoever_is_asked(string? body)
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;

        var answer = await follower.SendAsync("POST", "/v1/cluster/leader", body);

        Assert.Equal((200, "n2"), (answer.Status, answer.Json.GetProperty("leader").GetProperty("id").GetString()));
        Assert.Equal((Role.Follower, Role.Leader), (leader.Consensus.Standing.Role, follower.Consensus.Standing.Role));
    }

    [Fact]
    public async Task Who_leads_already_is_done_with()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        leader.Consensus.LeadershipRefusal = "nobody should ask";

        Assert.Equal(200, (await follower.SendAsync("POST", "/v1/cluster/leader", "{\"to\":\"n1\"}")).Status);
    }

    [Theory]
    [InlineData("/v1/cluster/leader", "{\"to\":\"n9\"}", "n9 is no member of this cluster")]
    [InlineData("/v1/cluster/leader", "{\"to\":\"n2\"}", "n2 is 7 entries behind")]
    [InlineData("/v1/cluster/drain", "{\"node\":\"n9\"}", "n9 is no member of this cluster")]
    [InlineData("/v1/cluster/drain", "{\"node\":\"n1\"}", "n2 is 7 entries behind")]
    [InlineData("/v1/cluster/failover", "{\"to\":\"n1\"}", "n2 is 7 entries behind")]
    public async Task Why_it_can_not_be_is_said(string target, string body, string why)
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        leader.Consensus.LeadershipRefusal = "n2 is 7 entries behind";

        var answer = await follower.SendAsync("POST", target, body);

        Assert.Equal((409, "leader-not-changed", "not-applied"), (answer.Status, answer.Code, answer.Json.GetProperty("outcome").GetString()));
        Assert.Contains(why, answer.Json.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        Assert.Equal(Role.Leader, leader.Consensus.Standing.Role);
    }

    [Theory]
    [InlineData("/v1/cluster/leader", "[]", "body")]
    [InlineData("/v1/cluster/leader", "{\"to\":2}", "body")]
    [InlineData("/v1/cluster/leader", "{\"too\":\"n2\"}", "too")]
    [InlineData("/v1/cluster/leader?to=n2", "", "to")]
    [InlineData("/v1/cluster/drain", "{\"to\":\"n2\"}", "to")]
    [InlineData("/v1/cluster/undrain", "no", "body")]
    [InlineData("/v1/cluster/failover", "{\"node\":\"n2\"}", "node")]
    public async Task A_body_that_means_something_else_is_refused(string target, string body, string field)
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await node.SendAsync("POST", target, body);

        Assert.Equal((400, field), (answer.Status, answer.Json.GetProperty("field").GetString()));
    }

    [Fact]
    public async Task Who_became_a_member_later_is_known()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        leader.Consensus.LeadershipRefusal = "n9 is 7 entries behind";
        leader.Consensus.Joined.Add(TestNode.Members(9)[8]);

        var answer = await leader.SendAsync("POST", "/v1/cluster/leader", "{\"to\":\"n9\"}");

        Assert.Equal((409, "leader-not-changed"), (answer.Status, answer.Code));
        Assert.Contains("n9 is 7 entries behind", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_is_drained_through_another_one_and_says_so()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;

        var answer = await leader.SendAsync("POST", "/v1/cluster/drain", "{\"node\":\"n2\"}");

        Assert.Equal((200, "n2", true), (answer.Status, answer.Json.GetProperty("node").GetString(), answer.Json.GetProperty("drained").GetBoolean()));
        Assert.True((await follower.GetAsync("/v1/cluster")).Json.GetProperty("drained").GetBoolean());
        var ready = await follower.GetAsync("/readyz");
        Assert.Equal((503, "[-]drained: this node is drained for maintenance\nreadyz failed\n"), (ready.Status, ready.Text));
        Assert.False((await leader.GetAsync("/v1/cluster")).Json.GetProperty("drained").GetBoolean());

        Assert.Equal(200, (await leader.SendAsync("POST", "/v1/cluster/undrain", "{\"node\":\"n2\"}")).Status);
        Assert.Equal(200, (await follower.GetAsync("/readyz")).Status);
    }

    [Fact]
    public async Task A_node_stands_when_it_is_told_to()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        leader.Consensus.LoseLeader();
        follower.Consensus.LoseLeader();

        var answer = await leader.SendAsync("POST", "/v1/cluster/failover", "{\"to\":\"n2\"}");

        Assert.Equal((200, "n2"), (answer.Status, answer.Json.GetProperty("leader").GetProperty("id").GetString()));
        Assert.Equal(Role.Leader, follower.Consensus.Standing.Role);
    }
}
