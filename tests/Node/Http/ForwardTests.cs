using System.Net.Sockets;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Http;

/// <summary>A follower has the leader answer: once, in time, and never in a circle.</summary>
public sealed class ForwardTests
{
    [Theory]
    [InlineData("PUT", "/v1/kv/a", 201)]
    [InlineData("PUT", "/v1/kv/..%2F..//b%20?durability=all", 201)]
    [InlineData("DELETE", "/v1/kv/none", 404)]
    [InlineData("DELETE", "/v1/kv?prefix=x", 200)]
    public async Task A_write_goes_to_the_leader_and_its_answer_comes_back(string verb, string target, int status)
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        var body = verb == "PUT" ? "value" : null;

        var answer = await follower.SendAsync(verb, target, body, "Raft-Wait: 20s");

        Assert.Equal(status, answer.Status);
        Assert.Equal(("n2", "follower", "n1"), (answer["Raft-Node"], answer["Raft-Role"], answer["Raft-Leader"]));
        Assert.Equal((1, 0), (leader.Consensus.Proposed, follower.Consensus.Proposed));
        Assert.Equal(leader.Store.Applied.Revision, answer.Revision);
        Assert.Null(answer["Raft-Forward-Refused"]);
        if (verb == "PUT")
        {
            Assert.Equal("\"1\"", answer["ETag"]);
            Assert.Equal("value", (await leader.GetAsync(target.Split('?')[0])).Text);
        }
    }

    [Fact]
    public async Task Values_of_any_length_conditions_and_types_go_along()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        var value = new byte[1 << 20];
        new Random(3).NextBytes(value);

        foreach (var length in new[] { 0, 1, 100_000, 1 << 20 })
        {
            var put = await TestNode.SendAsync(
                follower.Http2, "PUT", $"/v1/kv/{length}", value[..length], "Content-Type: image/png", "If-None-Match: *");
            Assert.Equal(201, put.Status);
            var get = await leader.GetAsync($"/v1/kv/{length}");
            Assert.Equal(value[..length], get.Bytes);
            Assert.Equal("image/png", get["Content-Type"]);
        }

        var refused = await follower.PutAsync("1", "x", "If-None-Match: *");
        Assert.Equal((412, "precondition-failed", "\"2\""), (refused.Status, refused.Code, refused["ETag"]));
    }

    [Fact]
    public async Task A_read_that_is_forwarded_is_streamed_back()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        follower.Consensus.IsCutOff = true;
        for (var row = 0; row < 60; row++)
        {
            await leader.PutAsync($"k{row:00}", new string('v', 10_000));
        }

        var all = await follower.GetAsync("/v1/kv?wait=20s");
        Assert.Equal(60, all.Json.GetProperty("items").GetArrayLength());
        var lines = await follower.GetAsync("/v1/kv?limit=30&wait=20s", "Accept: application/x-ndjson");
        Assert.Equal(30, lines.Text.Count(letter => letter == '\n'));
        Assert.NotNull(lines["Raft-Next"]);
        var head = await follower.SendAsync("HEAD", "/v1/kv/k00?wait=20s");
        Assert.Equal((200, "10000", 0), (head.Status, head["Content-Length"], head.Bytes.Length));
    }

    [Fact]
    public async Task A_client_that_wants_no_forwarding_is_sent_to_the_leader()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;

        var answer = await follower.SendAsync("PUT", "/v1/kv/a%2Fb?durability=all", "v", "Raft-Forward: never");

        Assert.Equal((307, $"{leader.Self.Url.ToString().TrimEnd('/')}/v1/kv/a%2Fb?durability=all"), (answer.Status, answer["Location"]));
        Assert.Equal(("n2", "n1"), (answer["Raft-Node"], answer["Raft-Leader"]));
        Assert.Equal(0, leader.Store.Applied.Revision);
    }

    [Fact]
    public async Task Two_nodes_that_take_each_other_for_the_leader_do_not_send_in_a_circle()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        leader.Consensus.Standing = new Standing(Role.Follower, follower.Self, 3);

        foreach (var node in new[] { leader, follower })
        {
            var answer = await node.PutAsync("a", "v", "Raft-Wait: 2s");
            Assert.Equal((503, "no-leader", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        }

        var refused = await leader.PutAsync("a", "v", "Raft-Forwarded-By: n9");
        Assert.Equal((503, "no-leader", "true"), (refused.Status, refused.Code, refused["Raft-Forward-Refused"]));
        Assert.Equal(0, leader.Store.Applied.Revision);
    }

    [Fact]
    public async Task A_write_that_was_refused_finds_the_leader_when_there_is_one()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        leader.Consensus.Standing = new Standing(Role.Follower, follower.Self, 3);

        var write = follower.PutAsync("a", "v", "Raft-Wait: 1m");
        leader.Consensus.Lead();

        Assert.Equal((201, 1), ((await write).Status, leader.Consensus.Proposed));
    }

    [Fact]
    public async Task A_leader_that_takes_no_connections_has_certainly_done_nothing()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.StopAsync();

        var answer = await follower.PutAsync("a", "v", "Raft-Wait: 2s");

        Assert.Equal((503, "no-leader", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
    }

    [Fact]
    public async Task A_leader_that_falls_silent_after_the_write_was_sent_leaves_it_unknown()
    {
        var members = TestNode.Members(2);
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, members[1].Url.Port);
        silent.Start();
        await using var node = await TestNode.StartAsync(members[0], members);
        node.Consensus.Standing = new Standing(Role.Follower, members[1], 1);
        var broken = TakeAndBreakAsync(silent);

        var answer = await node.PutAsync("a", "v", "Raft-Wait: 20s");

        await broken;
        Assert.Equal((504, "commit-timeout", "unknown"), (answer.Status, answer.Code, answer.Outcome));
        Assert.False(answer.Json.GetProperty("retryable").GetBoolean());
    }

    private static async Task TakeAndBreakAsync(TcpListener listener)
    {
        using var connection = await listener.AcceptSocketAsync();
        await ReadWholeWriteAsync(connection);
    }

    /// <summary>Speaks as much HTTP/2 as it takes to be sent a request with its body, and then no more.</summary>
    private static async Task ReadWholeWriteAsync(Socket connection)
    {
        await connection.SendAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
        await using var stream = new NetworkStream(connection);
        await stream.ReadExactlyAsync(new byte["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length]);
        var head = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(head);
            var length = (head[0] << 16) | (head[1] << 8) | head[2];
            await stream.ReadExactlyAsync(new byte[length]);
            const byte Data = 0;
            const byte EndStream = 1;
            if (head[3] == Data && (head[4] & EndStream) != 0)
            {
                return;
            }
        }
    }
}
