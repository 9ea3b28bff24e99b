using System.Globalization;
using System.Text.Json;
using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Many writes in one request, each with its own end. <c>a</c> is at revision 1, table t at 2 with row r at 3.</summary>
public sealed class BatchTests
{
    private const string Json = "Content-Type: application/json";

    [Fact]
    public async Task Each_item_has_a_revision_and_an_answer_of_its_own_in_the_order_of_the_items()
    {
        await using var node = await SomeRowsAsync();

        var answer = await SendAsync(node, """
            {"items":[
              {"op":"put","key":"b","value":"two","contentType":"text/plain"},
              {"op":"put","key":"a","value64":"/wA="},
              {"op":"delete","key":"b"},
              {"op":"delete","key":"b"},
              {"op":"add","key":"m","by":2.5},
              {"op":"patch","table":"t","key":"r","value":{"n":4}},
              {"op":"patch","table":"t","key":"none","value":{"n":4}},
              {"op":"put","table":"t","key":"s","value":{"n":5}},
              {"op":"delete","table":"t","key":"s"},
              {"if":[{"key":"a","exists":true}],"then":[{"op":"put","key":"c","value":"3"},{"op":"delete","key":"none"}]},
              {"if":[{"key":"a","exists":false}],"then":[{"op":"delete","key":"a"}]}]}
            """);

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            """
            {"revision":11,"items":[
            {"status":201,"revision":4,"version":1},
            {"status":200,"revision":5,"version":2},
            {"status":200,"revision":6,"deleted":true},
            {"status":200,"revision":6,"deleted":false},
            {"status":200,"value":2.5,"revision":7,"version":1},
            {"status":200,"found":true,"revision":8,"version":2},
            {"status":200,"revision":8,"found":false},
            {"status":201,"revision":9,"version":1},
            {"status":200,"revision":10,"deleted":true},
            {"status":200,"succeeded":true,"revision":11,"results":[{"op":"put","revision":11,"version":1},{"op":"delete","deleted":false}]},
            {"status":200,"succeeded":false,"revision":11,"results":[]}]}
            """.Replace("\n", "", StringComparison.Ordinal),
            answer.Text);
        Assert.Equal(11, node.Store.Applied.Revision);
        Assert.Equal("11", answer["Raft-Revision"]);
        Assert.Equal("3", (await node.GetAsync("/v1/kv/c")).Text);
    }

    /// <summary>item, status, code, field</summary>
    public static TheoryData<string, int, string, string?> Refused => new()
    {
        { """{"op":"put","table":"none","key":"a","value":{}}""", 404, "table-absent", "items[1].table" },
        { """{"op":"put","table":"t","key":"a","value":{"n":"x"}}""", 400, "malformed", "items[1].value.n" },
        { """{"op":"put","table":"t","key":"a","value":{"z":1}}""", 400, "malformed", "items[1].value.z" },
        { """{"op":"put","key":"x","value":"y","lease":99}""", 404, "lease-absent", "items[1]" },
        { """{"op":"add","key":"a"}""", 409, "conflict", "items[1]" },
        { """{"then":[{"op":"delete","key":"none"},{"op":"add","key":"a"}]}""", 409, "conflict", "items[1].then[1]" },
        { """{"op":"put","key":"g/1","value":"y"}""", 412, "fenced", "Raft-Fence" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_refused_is_told_beside_what_is_done(string item, int status, string code, string? field)
    {
        await using var node = await SomeRowsAsync();
        Assert.Equal(200, (await node.SendAsync("PUT", "/v1/locks/l?ttl=1h&owner=me&guard=g/", null)).Status);
        var before = node.Store.Applied.Revision;

        var answer = await SendAsync(node, $$"""{"items":[{"op":"put","key":"x","value":"1"},{{item}},{"op":"put","key":"z","value":"3"}]}""");

        var items = answer.Json.GetProperty("items");
        Assert.Equal(200, answer.Status);
        Assert.Equal((201, 201), (StatusOf(items[0]), StatusOf(items[2])));
        var problem = items[1].GetProperty("problem");
        Assert.Equal(
            (status, status, code, "not-applied", field),
            (StatusOf(items[1]), StatusOf(problem), problem.GetProperty("code").GetString(), problem.GetProperty("outcome").GetString(), FieldOf(problem)));
        Assert.Equal(before + 2, node.Store.Applied.Revision);
        Assert.Equal("3", (await node.GetAsync("/v1/kv/z")).Text);
    }

    [Fact]
    public async Task What_can_not_be_understood_is_refused_whole()
    {
        await using var node = await SomeRowsAsync();

        var answer = await SendAsync(node, """{"items":[{"op":"put","key":"x","value":"1"},{"op":"put","key":"","value":"1"}]}""");

        Assert.Equal((400, "malformed", "items[1].key"), (answer.Status, answer.Code, answer.Field));
        Assert.Equal(3, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task There_are_at_most_1024_items()
    {
        await using var node = await SomeRowsAsync();
        static string Items(int count) => $"{{\"items\":[{string.Join(',', Enumerable.Repeat("""{"op":"put","key":"x","value":"1"}""", count))}]}}";

        var most = await SendAsync(node, Items(1024));
        var more = await SendAsync(node, Items(1025));

        Assert.Equal((200, 1024), (most.Status, most.Json.GetProperty("items").GetArrayLength()));
        Assert.Equal((400, "items"), (more.Status, more.Field));
        Assert.Equal(3 + 1024, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task An_item_that_is_sent_again_under_its_key_is_done_once_and_another_under_it_is_refused()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        const string Items = """{"items":[{"op":"add","key":"n","idempotencyKey":"one"},{"op":"put","key":"x","value":"1","idempotencyKey":"two"},{"op":"add","key":"n"}]}""";

        var once = await SendAsync(follower, Items);
        var again = await SendAsync(follower, Items);
        var other = await SendAsync(leader, """{"items":[{"op":"put","key":"x","value":"2","idempotencyKey":"two"}]}""");

        Assert.Equal(
            """{"revision":3,"items":[{"status":200,"value":1,"revision":1,"version":1},{"status":201,"revision":2,"version":1},{"status":200,"value":2,"revision":3,"version":2}]}""",
            once.Text);
        Assert.Equal(
            """{"revision":4,"items":[{"replayed":true,"status":200,"value":1,"revision":1,"version":1},{"replayed":true,"status":201,"revision":2,"version":1},{"status":200,"value":3,"revision":4,"version":3}]}""",
            again.Text);
        var problem = other.Json.GetProperty("items")[0].GetProperty("problem");
        Assert.Equal((422, "items[0].idempotencyKey"), (StatusOf(problem), FieldOf(problem)));
        Assert.Equal("1", (await leader.GetAsync("/v1/kv/x")).Text);
    }

    /// <summary>what agreement says, whether the item has a key, status, outcome, whether it may be sent again</summary>
    public static TheoryData<string, bool, int, string, bool> Ends => new()
    {
        { "unknown", false, 504, "unknown", false },
        { "unknown", true, 504, "unknown", true },
        { "overloaded", false, 503, "not-applied", true },
        { "not-leader", false, 503, "not-applied", true },
        { "late", false, 504, "applied", false },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task An_item_that_is_not_confirmed_says_what_is_known(string end, bool hasKey, int status, string outcome, bool isRetryable)
    {
        await using var node = await SomeRowsAsync();
        var asked = 0;
        node.Consensus.Answer = _ => Interlocked.Increment(ref asked) == 1
            ? new Proposal.Done(new Outcome.Written(7, 1), 9, 1)
            : end switch
            {
                "unknown" => new Proposal.Unknown("nobody said"),
                "overloaded" => new Proposal.Overloaded(),
                "not-leader" => new Proposal.NotLeader(),
                _ => new Proposal.Done(new Outcome.Written(8, 1), 10, 1, OnEveryVoter: false),
            };

        var answer = await SendAsync(
            node, $$"""{"items":[{"op":"put","key":"x","value":"1"},{"op":"put","key":"y","value":"1"{{(hasKey ? ",\"idempotencyKey\":\"k\"" : "")}}}]}""");

        var items = answer.Json.GetProperty("items");
        var problem = items[1].GetProperty("problem");
        Assert.Equal(201, StatusOf(items[0]));
        Assert.Equal(
            (status, outcome, isRetryable),
            (StatusOf(items[1]), problem.GetProperty("outcome").GetString(), problem.GetProperty("retryable").GetBoolean()));
    }

    [Fact]
    public async Task When_none_is_taken_the_whole_goes_on_to_the_next_leader()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        follower.Consensus.Answer = _ => throw new InvariantException("a follower proposes nothing");

        var answer = await SendAsync(follower, """{"items":[{"op":"put","key":"x","value":"1"},{"op":"put","key":"y","value":"1"}]}""");

        Assert.Equal((200, 2), (answer.Status, answer.Json.GetProperty("items").GetArrayLength()));
        Assert.Equal((2, 0), (leader.Consensus.Proposed, follower.Consensus.Proposed));
        Assert.Equal(2, leader.Store.Applied.Revision);
    }

    [Fact]
    public async Task With_durability_leader_each_item_is_accepted()
    {
        await using var node = await SomeRowsAsync();

        var answer = await SendAsync(node, """{"items":[{"op":"put","key":"x","value":"1"}]}""", "Raft-Durability: leader");

        var item = answer.Json.GetProperty("items")[0];
        Assert.Equal((200, 202, true), (answer.Status, StatusOf(item), item.GetProperty("accepted").GetBoolean()));
    }

    private static int StatusOf(JsonElement item) => item.GetProperty("status").GetInt32();

    private static string? FieldOf(JsonElement problem) => problem.TryGetProperty("field", out var field) ? field.GetString() : null;

    private static async Task<TestNode> SomeRowsAsync()
    {
        var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "one");
        await node.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"n","type":"number"}]}""");
        await node.SendAsync("PUT", "/v1/tables/t/rows/r", """{"n":1}""", Json);
        Assert.Equal(3.ToString(CultureInfo.InvariantCulture), (await node.GetAsync("/v1/kv/a"))["Raft-Revision"]);
        return node;
    }

    private static Task<Answer> SendAsync(TestNode node, string body, params string[] headers) =>
        node.SendAsync("POST", "/v1/batch", body, [Json, .. headers]);
}
