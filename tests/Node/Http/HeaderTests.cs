using RaftCluster.Node.Consistency;

namespace RaftCluster.Tests.Node.Http;

/// <summary>The headers that every answer carries, errors too.</summary>
public sealed class HeaderTests
{
    /// <summary>verb, target, status</summary>
    public static TheoryData<string, string, int> Requests => new()
    {
        { "GET", "/v1/kv/a", 200 },
        { "HEAD", "/v1/kv/a", 200 },
        { "GET", "/v1/kv/none", 404 },
        { "PUT", "/v1/kv/a", 200 },
        { "DELETE", "/v1/kv/none", 404 },
        { "GET", "/v1/kv", 200 },
        { "GET", "/v1/kv?count=true", 200 },
        { "DELETE", "/v1/kv", 400 },
        { "GET", "/v1/cluster", 200 },
        { "GET", "/livez", 200 },
        { "GET", "/readyz", 200 },
        { "GET", "/metrics", 200 },
        { "GET", "/openapi.json", 200 },
        { "GET", "/problems/no-leader", 200 },
        { "GET", "/nowhere", 404 },
        { "POST", "/v1/kv/a", 405 },
        { "GET", "/v1/kv/a?consistency=x", 400 },
        { "PUT", "/v1/kv/a?lease=9", 404 },
        { "PUT", "/v1/leases/9", 404 },
        { "PUT", "/v1/locks/a", 200 },
        { "GET", "/v1/locks/a", 404 },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task They_are_on_every_answer(string verb, string target, int status)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "v");

        var answer = await node.SendAsync(verb, target, verb is "PUT" or "POST" ? "v" : null);

        Assert.Equal(status, answer.Status);
        Assert.Equal(("n1", "n1", "leader", "2"), (answer["Raft-Node"], answer["Raft-Leader"], answer["Raft-Role"], answer["Raft-Term"]));
        Assert.Equal(node.Store.Applied.Revision, answer.Revision);
        Assert.Equal(TestNode.History.At(node.Store.Applied.Revision).ToString(), answer["Raft-Session"]);
    }

    [Fact]
    public async Task They_follow_a_change_of_leader()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;

        var before = await follower.GetAsync("/v1/cluster");
        follower.Consensus.LoseLeader();
        var between = await follower.GetAsync("/v1/cluster");
        follower.Consensus.Lead();
        var after = await follower.GetAsync("/v1/cluster");

        Assert.Equal(("n1", "follower"), (before["Raft-Leader"], before["Raft-Role"]));
        Assert.Equal((null, "follower"), (between["Raft-Leader"], between["Raft-Role"]));
        Assert.Equal(("n2", "leader", "n2"), (after["Raft-Leader"], after["Raft-Role"], after["Raft-Node"]));
    }

    [Fact]
    public async Task A_session_never_goes_back_not_by_a_local_read_and_not_by_an_error()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "v");
        var ahead = TestNode.History.At(40).ToString();

        foreach (var target in new[] { "/v1/kv/a?consistency=local", "/v1/kv/none?consistency=local", "/nowhere", "/livez" })
        {
            var answer = await node.GetAsync(target, $"Raft-Session: {ahead}");

            Assert.Equal((ahead, 1), (answer["Raft-Session"], answer.Revision));
        }

        Assert.True(SessionToken.TryParse((await node.PutAsync("a", "w"))["Raft-Session"], out var token));
        Assert.Equal(new SessionToken(TestNode.ClusterId, 1, 2), token);
    }

    [Fact]
    public async Task A_header_of_answers_that_comes_back_asks_for_nothing()
    {
        await using var node = await TestNode.LeaderAsync();

        Assert.Equal(201, (await node.PutAsync("a", "v", "Raft-Revision: 7", "Raft-Leader: n9", "Raft-Term: x")).Status);
    }
}
