using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Http;

namespace RaftCluster.Tests.Node.Http;

/// <summary>One node tells what all of them say of themselves, and who says nothing.</summary>
public sealed class ClusterSurveyTests
{
    [Fact]
    public async Task Every_member_is_asked_and_shown_as_it_sees_itself()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.PutAsync("a", "1");

        var answer = await follower.GetAsync("/v1/cluster/nodes");

        Assert.Equal((200, "no-store"), (answer.Status, answer["Cache-Control"]));
        Assert.Equal("n2", answer.Json.GetProperty("node").GetString());
        Assert.Equal(
            ["n1 voter leader", "n2 voter follower"],
            Nodes(answer).Select(node => $"{Text(node, "id")} {Text(node, "role")} {Text(node.GetProperty("view"), "role")}"));
        Assert.All(Nodes(answer), node => Assert.False(node.TryGetProperty("failure", out _)));
        Assert.Equal(1, Nodes(answer)[0].GetProperty("view").GetProperty("revision").GetInt64());
        Assert.InRange(Nodes(answer)[0].GetProperty("tookMs").GetDouble(), 0.001, ClusterSurvey.Patience.TotalMilliseconds);
    }

    [Fact]
    public async Task A_member_that_is_away_is_shown_with_the_reason_also_without_a_leader()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.StopAsync();
        follower.Consensus.LoseLeader();

        var answer = await follower.GetAsync("/v1/cluster/nodes");

        var away = Nodes(answer)[0];
        Assert.False(away.TryGetProperty("view", out _));
        Assert.Contains("refused", Text(away, "failure"), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(JsonValueKind.Null, Nodes(answer)[1].GetProperty("view").GetProperty("leader").ValueKind);
    }

    [Fact]
    public async Task A_member_that_hangs_holds_nobody_up()
    {
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        await using var node = await BesideAsync(deaf);

        var answer = await node.GetAsync("/v1/cluster/nodes");

        Assert.Equal("no answer within 1500 ms", Text(Nodes(answer)[1], "failure"));
        Assert.Equal("follower", Text(Nodes(answer)[0].GetProperty("view"), "role"));
    }

    [Fact]
    public async Task Who_answers_at_a_members_address_and_is_another_is_not_shown_as_that_member()
    {
        await using var stranger = await TestNode.LeaderAsync();
        var self = TestNode.Members(1)[0];
        ImmutableArray<Member> members = [self, new Member("n7", stranger.Self.Url, stranger.Self.Peer)];
        await using var node = await TestNode.StartAsync(self, members);

        var answer = await node.GetAsync("/v1/cluster/nodes");

        Assert.Equal("node n1 of cluster 1122334455667788 answers at this address", Text(Nodes(answer)[1], "failure"));
    }

    [Fact]
    public async Task The_load_counts_what_clients_asked_where_they_asked_it()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        Assert.Equal(JsonValueKind.Null, Load(await follower.GetAsync("/v1/cluster")).GetProperty("writes").ValueKind);

        await follower.PutAsync("a", "1");
        await follower.GetAsync("/v1/kv/a");
        await follower.GetAsync("/v1/kv/a");
        await follower.GetAsync("/livez");
        follower.Consensus.LoseLeader();
        Assert.Equal(503, (await follower.PutAsync("a", "2", "Raft-Wait: 10ms")).Status);

        var load = Load(await follower.GetAsync("/v1/cluster"));
        Assert.Equal((2, 2, 1), (Count(load, "writes"), Count(load, "reads"), load.GetProperty("failed").GetInt64()));
        Assert.True(load.GetProperty("writes").GetProperty("maxMs").GetDouble() >= 10);
        Assert.Equal(JsonValueKind.Null, Load(await leader.GetAsync("/v1/cluster")).GetProperty("writes").ValueKind);
    }

    private static Task<TestNode> BesideAsync(TcpListener other)
    {
        var self = TestNode.Members(1)[0];
        var address = (IPEndPoint)other.LocalEndpoint;
        return TestNode.StartAsync(self, [self, new Member("n2", new Uri($"http://{address}"), address)]);
    }

    private static JsonElement[] Nodes(Answer answer) => [.. answer.Json.GetProperty("nodes").EnumerateArray()];

    private static JsonElement Load(Answer answer) => answer.Json.GetProperty("load");

    private static long Count(JsonElement load, string kind) => load.GetProperty(kind).GetProperty("count").GetInt64();

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
