using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Http;

/// <summary>A write with a key is done once, however often it is sent, and answered as the first time.</summary>
public sealed class IdempotencyTests
{
    private const string Key = "Idempotency-Key: one";
    private const string Json = "Content-Type: application/json";

    /// <summary>
    /// verb, target, body, header, status, whether the definition, the row and the value it is about are changed before it is sent again
    /// </summary>
    public static TheoryData<string, string, string, string, int> Writes => new()
    {
        { "PUT", "/v1/kv/new", "v", "Accept: */*", 201 },
        { "PUT", "/v1/kv/a", "v", "Accept: */*", 200 },
        { "PUT", "/v1/kv/a", "v", "If-Match: \"99\"", 412 },
        { "PUT", "/v1/kv/a", "v", "If-None-Match: *", 412 },
        { "PUT", "/v1/kv/a?ttl=1h", "v", "Accept: */*", 200 },
        { "PUT", "/v1/kv/a?lease=99", "v", "Accept: */*", 404 },
        { "PUT", "/v1/kv/a", "v", "Raft-Fence: lock;7", 412 },
        { "DELETE", "/v1/kv/a", "", "Accept: */*", 200 },
        { "DELETE", "/v1/kv/none", "", "Accept: */*", 404 },
        { "DELETE", "/v1/kv?prefix=a", "", "Accept: */*", 200 },
        { "PUT", "/v1/tables/new", "{}", "Accept: */*", 201 },
        { "PUT", "/v1/tables/t", """{"columns":[{"name":"n","type":"any"}]}""", "Accept: */*", 200 },
        { "PUT", "/v1/tables/t", "{}", "If-None-Match: *", 412 },
        { "DELETE", "/v1/tables/t", "", "Accept: */*", 200 },
        { "DELETE", "/v1/tables/none", "", "Accept: */*", 404 },
        { "PUT", "/v1/tables/t/rows/r", """{"n":2}""", "Accept: */*", 200 },
        { "PUT", "/v1/tables/t/rows/r", """{"n":2}""", "If-Match: \"99\"", 412 },
        { "POST", "/v1/tables/t/rows", """{"n":2}""", "Accept: */*", 201 },
        { "PATCH", "/v1/tables/t/rows/r", """{"n":2}""", "Accept: */*", 200 },
        { "PATCH", "/v1/tables/t/rows/none", """{"n":2}""", "Accept: */*", 404 },
        { "DELETE", "/v1/tables/t/rows/r", "", "Accept: */*", 200 },
        { "DELETE", "/v1/tables/t/rows?prefix=r", "", "Accept: */*", 200 },
        { "DELETE", "/v1/tables/none/rows?prefix=r", "", "Accept: */*", 404 },
        { "POST", "/v1/txn", """{"if":[{"key":"a","revision":1}],"then":[{"op":"get","table":"t","key":"r"},{"op":"add","table":"t","key":"r","column":"n","by":0.5},{"op":"put","table":"t","value":{"n":4}}]}""", "Accept: */*", 200 },
        { "POST", "/v1/txn", """{"if":[{"key":"a","exists":false}],"then":[],"else":[{"op":"range","prefix":""}]}""", "Accept: */*", 200 },
        { "POST", "/v1/txn", """{"then":[{"op":"add","key":"a"}]}""", "Accept: */*", 409 },
        { "POST", "/v1/leases", """{"ttl":"1h"}""", "Accept: */*", 201 },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task Every_answer_is_given_again_whatever_happened_since(string verb, string target, string body, string header, int status)
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.PutAsync("a", "text");
        await leader.SendAsync("PUT", "/v1/tables/t", """{"columns":[{"name":"n","type":"number"}]}""");
        await leader.SendAsync("PUT", "/v1/tables/t/rows/r", """{"n":1}""");
        var sent = body.Length == 0 ? null : body;

        string[] headers = sent is null ? [header, Key, "Raft-Wait: 20s"] : [header, Key, "Raft-Wait: 20s", Json];

        var once = await follower.SendAsync(verb, target, sent, headers);
        Assert.Equal((status, null), (once.Status, once["Raft-Replayed"]));
        await leader.PutAsync("a", "later", "Raft-Wait: 20s");
        await leader.SendAsync("DELETE", "/v1/tables/t");
        await leader.SendAsync("PUT", "/v1/tables/new", """{"columns":[]}""");
        // The next leader knows it too.
        leader.Consensus.Standing = new Standing(Role.Follower, follower.Self, 9);
        follower.Consensus.Standing = new Standing(Role.Leader, follower.Self, 9);
        var before = follower.Store.Applied;

        var again = await follower.SendAsync(verb, target, sent, headers);

        Assert.Equal((status, "true"), (again.Status, again["Raft-Replayed"]));
        Assert.Equal(WithoutLeader(once), WithoutLeader(again));
        Assert.Equal((once["ETag"], once["Location"], once["Raft-Version"], once.Revision), (again["ETag"], again["Location"], again["Raft-Version"], again.Revision));
        Assert.Equal(before.Revision, follower.Store.Applied.Revision);
    }

    /// <summary>verb, target, body, header: each differs from the first in one thing.</summary>
    public static TheoryData<string, string, string, string> Others => new()
    {
        { "PUT", "/v1/kv/b?ttl=1h", "v", "Content-Type: text/plain" },
        { "PUT", "/v1/kv/a?ttl=2h", "v", "Content-Type: text/plain" },
        { "PUT", "/v1/kv/a", "v", "Content-Type: text/plain" },
        { "PUT", "/v1/kv/a?ttl=1h", "w", "Content-Type: text/plain" },
        { "PUT", "/v1/kv/a?ttl=1h", "v", "Content-Type: text/html" },
        { "PUT", "/v1/kv/a?ttl=1h", "v", "If-None-Match: *" },
        { "DELETE", "/v1/kv/a", "", "Accept: */*" },
        { "PUT", "/v1/tables/kv/rows/a?ttl=1h", "v", "Content-Type: text/plain" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Another_request_under_the_same_key_is_refused(string verb, string target, string body, string header)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/kv/a?ttl=1h", "v", Key, "Content-Type: text/plain");

        var other = await node.SendAsync(verb, target, body.Length == 0 ? null : body, header, Key);

        Assert.Equal((422, "idempotency-key-reused", "not-applied", "Idempotency-Key"), (other.Status, other.Code, other.Outcome, other.Field));
        Assert.Equal(1, node.Store.Applied.Revision);
    }

    [Theory]
    [InlineData("/v1/kv/%61?ttl=1h&wait=20s")]
    [InlineData("/v1/kv/a?wait=19s&ttl=1h")]
    [InlineData("/v1/kv/a?ttl=1h&durability=all")]
    public async Task What_does_not_change_what_is_done_may_differ(string target)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/kv/a?ttl=1h", "v", Key);

        var again = await node.SendAsync("PUT", target, "v", Key);

        Assert.Equal((201, "true"), (again.Status, again["Raft-Replayed"]));
    }

    [Fact]
    public async Task The_key_may_be_a_parameter()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.SendAsync("PUT", "/v1/kv/a?idempotency-key=one", "v");

        Assert.Equal("true", (await node.SendAsync("PUT", "/v1/kv/a", "v", Key))["Raft-Replayed"]);
    }

    [Fact]
    public async Task Of_many_at_once_one_is_done()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using var first = leader;
        await using var second = follower;
        await leader.PutAsync("n", "0");

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(at => (at % 2 == 0 ? leader : follower).SendAsync(
            "POST", "/v1/txn", """{"then":[{"op":"add","key":"n"}]}""", Key, "Raft-Wait: 20s")));

        Assert.All(answers, answer => Assert.Equal(
            (200, """{"succeeded":true,"revision":2,"results":[{"op":"add","value":1,"revision":2,"version":2}]}"""), (answer.Status, answer.Text)));
        Assert.Single(answers, answer => answer["Raft-Replayed"] is null);
        Assert.Equal("1", (await leader.GetAsync("/v1/kv/n")).Text);
    }

    [Fact]
    public async Task An_unknown_outcome_may_be_asked_for_again()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.Answer = _ => new Proposal.Unknown("leadership was lost");

        var answer = await node.PutAsync("a", "v", Key);

        Assert.Equal((504, "commit-timeout", "unknown"), (answer.Status, answer.Code, answer.Outcome));
        Assert.True(answer.Json.GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public async Task What_was_refused_for_its_form_is_not_kept()
    {
        await using var node = await TestNode.LeaderAsync();
        Assert.Equal("table-absent", (await node.SendAsync("PUT", "/v1/tables/t/rows/a", "{}", Key)).Code);
        await node.SendAsync("PUT", "/v1/tables/t", "{}");

        var answer = await node.SendAsync("PUT", "/v1/tables/t/rows/a", "{}", Key);

        Assert.Equal((201, null), (answer.Status, answer["Raft-Replayed"]));
    }

    [Fact]
    public async Task A_key_is_forgotten_by_number_and_what_was_done_is_done_again()
    {
        await using var node = await TestNode.LeaderAsync(options => options with { IdempotencyKeys = 2 });
        foreach (var key in new[] { "one", "two", "three" })
        {
            await node.PutAsync(key, "v", $"Idempotency-Key: {key}");
        }

        Assert.Equal((200, null), Told(await node.PutAsync("one", "v", "Idempotency-Key: one")));
        Assert.Equal((201, "true"), Told(await node.PutAsync("three", "v", "Idempotency-Key: three")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    [InlineData("a%00b")]
    [InlineData("%C3%A9")]
    public async Task A_key_that_is_none_is_refused(string key)
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await node.SendAsync("PUT", $"/v1/kv/a?idempotency-key={key}", "v");

        Assert.Equal((400, "malformed", "idempotency-key"), (answer.Status, answer.Code, answer.Field));
        Assert.Equal(0, node.Store.Applied.Revision);
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("lock;")]
    [InlineData("lock;0")]
    [InlineData("lock;x")]
    [InlineData(";4")]
    [InlineData("%zz;4")]
    [InlineData("lock;4,")]
    public async Task A_fence_that_is_none_is_refused(string fence)
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await node.PutAsync("a", "v", $"Raft-Fence: {fence}");

        Assert.Equal((400, "malformed", "Raft-Fence"), (answer.Status, answer.Code, answer.Field));
        Assert.Equal(0, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task A_replay_that_is_not_on_every_disk_yet_is_applied_all_the_same()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.EveryVoterHasIt = false;
        Assert.Equal("durability-timeout", (await node.PutAsync("a", "v", Key, "Raft-Durability: all")).Code);

        var again = await node.PutAsync("a", "v", Key, "Raft-Durability: all");

        Assert.Equal(("durability-timeout", "applied"), (again.Code, again.Outcome));
        Assert.Equal(201, (await node.PutAsync("a", "v", Key)).Status);
    }

    private static (int, string?) Told(Answer answer) => (answer.Status, answer["Raft-Replayed"]);

    /// <summary>The body of an answer; of a problem, without who leads now.</summary>
    private static string WithoutLeader(Answer answer) =>
        System.Text.RegularExpressions.Regex.Replace(answer.Text, "\"leader\":\\{[^}]*\\}", "");
}
