using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Three honest answers: done, refused, unknown.</summary>
public sealed class WriteAnswerTests
{
    [Fact]
    public async Task An_unknown_outcome_is_called_unknown_and_is_not_to_be_sent_again()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.Answer = _ => new Proposal.Unknown("leadership was lost");

        var answer = await node.PutAsync("a", "v");

        Assert.Equal((504, "commit-timeout", "unknown"), (answer.Status, answer.Code, answer.Outcome));
        Assert.False(answer.Json.GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public async Task What_not_all_members_can_apply_yet_is_refused_for_now()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.Answer = _ => new Proposal.TooNew(3, 2);

        var answer = await node.PutAsync("a", "v");
        Assert.Equal((501, "not-supported", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        Assert.Contains("needs state version 3, and the cluster's is 2", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.True(answer.Json.GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public async Task Too_much_is_refused_with_a_time_to_come_back()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.Answer = _ => new Proposal.Overloaded();

        var answer = await node.PutAsync("a", "v");

        Assert.Equal((503, "overloaded", "not-applied", "1"), (answer.Status, answer.Code, answer.Outcome, answer["Retry-After"]));
        Assert.True(answer.Json.GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public async Task A_write_on_every_disk_is_done_or_says_that_it_is_not_there_yet()
    {
        await using var node = await TestNode.LeaderAsync();
        Assert.Equal(201, (await node.PutAsync("a", "v", "Raft-Durability: all")).Status);
        node.Consensus.EveryVoterHasIt = false;

        var answer = await node.PutAsync("a", "w", "Raft-Durability: all");

        Assert.Equal((504, "durability-timeout", "applied"), (answer.Status, answer.Code, answer.Outcome));
        Assert.Equal((2, 2), (answer.Revision, answer.Json.GetProperty("revision").GetInt64()));
        Assert.Equal("w", (await node.GetAsync("/v1/kv/a")).Text);
        Assert.Equal(412, (await node.PutAsync("a", "x", "Raft-Durability: all", "If-Match: \"1\"")).Status);
    }

    [Fact]
    public async Task A_write_on_the_leaders_disk_alone_is_accepted_not_done()
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await node.SendAsync("PUT", "/v1/kv/a?durability=leader", "v");

        Assert.Equal((202, """{"accepted":true,"index":1,"term":2}"""), (answer.Status, answer.Text));
        Assert.Equal(("respond-async", "leader"), (answer["Preference-Applied"], answer["Raft-Durability"]));
        Assert.Null(answer["ETag"]);
    }

    [Fact]
    public async Task Without_a_leader_a_write_is_refused_within_its_wait()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.LoseLeader();

        var answer = await node.PutAsync("a", "v", "Raft-Wait: 50ms");

        Assert.Equal((503, "no-leader", "not-applied", "1"), (answer.Status, answer.Code, answer.Outcome, answer["Retry-After"]));
        Assert.True(answer.Json.GetProperty("retryable").GetBoolean());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, answer.Json.GetProperty("leader").ValueKind);
        Assert.Null(answer["Raft-Leader"]);
        Assert.Equal(0, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task A_write_waits_for_a_leader_and_is_then_done()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.LoseLeader();

        var write = node.PutAsync("a", "v", "Raft-Wait: 1m");
        node.Consensus.Lead();

        Assert.Equal(201, (await write).Status);
        Assert.Equal(1, node.Consensus.Proposed);
    }

    [Fact]
    public async Task A_leader_that_is_not_ready_is_asked_again()
    {
        await using var node = await TestNode.LeaderAsync();
        var asked = 0;
        node.Consensus.Answer = _ => ++asked < 4
            ? new Proposal.NotLeader()
            : new Proposal.Done(new Outcome.Written(7, 1), 7, 2);

        Assert.Equal((201, 4), ((await node.PutAsync("a", "v")).Status, asked));
    }

    [Fact]
    public async Task A_value_of_the_full_length_arrives_as_it_was_sent()
    {
        await using var node = await TestNode.LeaderAsync();
        var value = new byte[1 << 20];
        new Random(7).NextBytes(value);

        foreach (var http in new[] { node.Http, node.Http2 })
        {
            Assert.True((await TestNode.SendAsync(http, "PUT", "/v1/kv/a", value)).Status is 200 or 201);
            Assert.Equal(value, (await TestNode.SendAsync(http, "GET", "/v1/kv/a", null)).Bytes);
        }
    }
}
