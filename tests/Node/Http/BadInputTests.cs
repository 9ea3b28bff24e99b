using RaftCluster.Node.Consistency;

namespace RaftCluster.Tests.Node.Http;

/// <summary>What is wrong is refused with a problem that names the field, and nothing changes.</summary>
public sealed class BadInputTests
{
    private static readonly string _long = new('k', 1025);
    private static readonly string _ofAnotherCluster = new SessionToken(99, 1, 1).ToString();
    private static readonly string _ofAnotherEpoch = new SessionToken(TestNode.ClusterId, 2, 1).ToString();

    /// <summary>verb, target, headers, field</summary>
    public static TheoryData<string, string, string[], string> Malformed => new()
    {
        { "PUT", "/v1/kv/", [], "key" },
        { "GET", "/v1/kv/", [], "key" },
        { "DELETE", "/v1/kv/", [], "key" },
        { "PUT", $"/v1/kv/{_long}", [], "key" },
        { "GET", $"/v1/kv/{_long}", [], "key" },
        { "PUT", "/v1/kv/%ff", [], "key" },
        { "PUT", "/v1/kv/%c3", [], "key" },
        { "PUT", "/v1/kv/%ed%a0%80", [], "key" },
        { "PUT", "/v1/kv/a%2", [], "key" },
        { "PUT", "/v1/kv/a%zz", [], "key" },
        { "GET", "/v1/kv/a?rev=0", [], "rev" },
        { "GET", "/v1/kv/a?rev=-1", [], "rev" },
        { "GET", "/v1/kv/a?rev=x", [], "rev" },
        { "GET", "/v1/kv/a?rev=999", [], "rev" },
        { "GET", "/v1/kv/a?rev=99999999999999999999", [], "rev" },
        { "GET", "/v1/kv/a?rev=1&rev=1", [], "rev" },
        { "GET", "/v1/kv/a?revision=1", [], "revision" },
        { "PUT", "/v1/kv/a?rev=1", [], "rev" },
        { "PUT", "/v1/kv/a?%ff=1", [], "query" },
        { "PUT", "/v1/kv/a", ["Raft-Durability: most"], "Raft-Durability" },
        { "PUT", "/v1/kv/a?durability=most", [], "durability" },
        { "PUT", "/v1/kv/a?durability=all", ["Raft-Durability: all"], "durability" },
        { "PUT", "/v1/kv/a", ["Raft-Durabilty: all"], "Raft-Durabilty" },
        { "PUT", "/v1/kv/a", ["Raft-Wait: 5"], "Raft-Wait" },
        { "PUT", "/v1/kv/a", ["Raft-Wait: -5s"], "Raft-Wait" },
        { "PUT", "/v1/kv/a", ["Raft-Wait: 61m"], "Raft-Wait" },
        { "PUT", "/v1/kv/a", ["Raft-Forward: always"], "Raft-Forward" },
        { "PUT", "/v1/kv/a", ["Raft-Session: nonsense"], "Raft-Session" },
        { "PUT", "/v1/kv/a", [$"Raft-Session: {_ofAnotherCluster}"], "Raft-Session" },
        { "PUT", "/v1/kv/a", [$"Raft-Session: {_ofAnotherEpoch}"], "Raft-Session" },
        { "GET", $"/v1/kv/a?session={_ofAnotherCluster}", [], "session" },
        { "PUT", "/v1/kv/a", ["If-Match: \"1\"", "If-None-Match: \"2\""], "If-None-Match" },
        { "PUT", "/v1/kv/a", ["If-Match: 1"], "If-Match" },
        { "PUT", "/v1/kv/a", ["If-Match: \"1"], "If-Match" },
        { "PUT", "/v1/kv/a", ["If-Match: *, \"1\""], "If-Match" },
        { "PUT", "/v1/kv/a", ["If-Match: \"1\", "], "If-Match" },
        { "PUT", "/v1/kv/a?if-match=1", [], "if-match" },
        { "PUT", "/v1/kv/a", [$"Content-Type: text/{new string('x', 255)}"], "Content-Type" },
        { "GET", "/v1/kv/a", ["Raft-Consistency: strong"], "Raft-Consistency" },
        { "GET", "/v1/kv/a?consistency=", [], "consistency" },
        { "GET", "/v1/kv/a", ["Raft-Consistency: bounded"], "Raft-Max-Staleness" },
        { "GET", "/v1/kv/a", ["Raft-Consistency: local", "Raft-Max-Staleness: 1s"], "Raft-Max-Staleness" },
        { "GET", "/v1/kv/a", ["Raft-Consistency: bounded", "Raft-Max-Staleness: soon"], "Raft-Max-Staleness" },
        { "GET", "/v1/kv/a", ["Raft-Fallback: follower"], "Raft-Fallback" },
        { "GET", "/v1/kv?start=b&end=a", [], "end" },
        { "GET", "/v1/kv?prefix=a&start=b", [], "prefix" },
        { "GET", "/v1/kv?prefix=%ff", [], "prefix" },
        { "GET", $"/v1/kv?start={_long}", [], "start" },
        { "GET", "/v1/kv?limit=0", [], "limit" },
        { "GET", "/v1/changes?from=-1", [], "from" },
        { "GET", "/v1/changes?from=x", [], "from" },
        { "GET", "/v1/changes?from=", [], "from" },
        { "GET", "/v1/changes?from=99999999999999999999", [], "from" },
        { "GET", "/v1/changes?from=1&from=2", [], "from" },
        { "GET", "/v1/changes", ["Last-Event-ID: x"], "Last-Event-ID" },
        { "GET", "/v1/changes", ["Last-Event-ID: 9223372036854775807"], "Last-Event-ID" },
        { "GET", "/v1/changes?from=1", ["Last-Event-ID: -1"], "Last-Event-ID" },
        { "GET", "/v1/changes?table=", [], "table" },
        { "GET", $"/v1/changes?table={new string('t', 129)}", [], "table" },
        { "GET", "/v1/changes?prefix=%ff", [], "prefix" },
        { "GET", $"/v1/changes?prefix={_long}", [], "prefix" },
        { "GET", "/v1/changes?op=", [], "op" },
        { "GET", "/v1/changes?op=insert,snapshot", [], "op" },
        { "GET", "/v1/changes?form=1", [], "form" },
        { "GET", "/v1/changes?wait=5", [], "wait" },
        { "GET", "/v1/changes", ["If-Match: \"1\""], "If-Match" },
        { "GET", "/v1/kv?limit=100001", [], "limit" },
        { "GET", "/v1/kv?limit=+5", [], "limit" },
        { "GET", "/v1/kv?keys=maybe", [], "keys" },
        { "GET", "/v1/kv?count=1", [], "count" },
        { "GET", "/v1/kv?count=true&limit=3", [], "limit" },
        { "GET", "/v1/kv?order=up", [], "order" },
        { "GET", "/v1/kv?after=garbage", [], "after" },
        { "GET", "/v1/kv?perfix=a", [], "perfix" },
        { "GET", "/v1/kv", ["If-None-Match: \"1\""], "If-None-Match" },
        { "DELETE", "/v1/kv", [], "prefix" },
        { "DELETE", "/v1/kv?prefix=", [], "prefix" },
        { "DELETE", "/v1/kv?prefix=&all=false", [], "prefix" },
        { "DELETE", "/v1/kv?prefix=a&all=true", [], "all" },
        { "DELETE", "/v1/kv?all=yes", [], "all" },
        { "DELETE", "/v1/kv?start=a", [], "start" },
        { "DELETE", "/v1/kv?prefix=a", ["If-Match: *"], "If-Match" },
        { "GET", "/v1/cluster?x=1", [], "x" },
        { "GET", "/readyz?verbos", [], "verbos" },
        { "GET", "/metrics?name=x", [], "name" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task It_is_refused_by_name_and_nothing_changes(string verb, string target, string[] headers, string field)
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("a", "kept");
        var before = node.Store.Applied;

        var answer = await node.SendAsync(verb, target, verb == "PUT" ? "new" : null, headers);

        Assert.Equal((400, "malformed", "not-applied", field), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        Assert.False(answer.Json.GetProperty("retryable").GetBoolean());
        Assert.Equal("application/problem+json", answer["Content-Type"]);
        Assert.Equal(before, node.Store.Applied);
    }

    [Theory]
    [InlineData("POST", "/v1/kv/a", "GET, HEAD, PUT, DELETE")]
    [InlineData("PATCH", "/v1/kv/a", "GET, HEAD, PUT, DELETE")]
    [InlineData("PUT", "/v1/kv", "GET, HEAD, DELETE")]
    [InlineData("DELETE", "/v1/cluster", "GET, HEAD")]
    [InlineData("POST", "/livez", "GET, HEAD")]
    [InlineData("POST", "/readyz", "GET, HEAD")]
    [InlineData("POST", "/metrics", "GET, HEAD")]
    [InlineData("PUT", "/openapi.json", "GET, HEAD")]
    public async Task A_wrong_verb_is_told_the_right_ones(string verb, string target, string allow)
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await node.SendAsync(verb, target, "x");

        Assert.Equal((405, "method-not-allowed", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
        Assert.Equal(allow, answer["Allow"]);
        Assert.Equal(0, node.Store.Applied.Revision);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v1/")]
    [InlineData("/v1/kvs/a")]
    [InlineData("/v2/kv/a")]
    [InlineData("/V1/kv/a")]
    [InlineData("/v1/table")]
    [InlineData("/readyz/")]
    [InlineData("/problems/nonsense")]
    public async Task An_unknown_path_is_a_problem_too(string target)
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await node.GetAsync(target);

        Assert.Equal((404, "no-such-resource", "not-applied"), (answer.Status, answer.Code, answer.Outcome));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_value_over_the_limit_is_refused(bool withLength)
    {
        await using var node = await TestNode.LeaderAsync(options => options with { MaxValue = 1000 });
        Assert.Equal(201, (await node.PutAsync("fits", new string('v', 1000))).Status);

        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/kv/long")
        {
            Content = new ByteArrayContent(new byte[1001]),
        };
        request.Headers.TransferEncodingChunked = !withLength;
        using var response = await node.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(413, (int)response.StatusCode);
        Assert.Contains("\"code\":\"too-large\",\"outcome\":\"not-applied\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task A_key_of_1024_bytes_is_a_key()
    {
        await using var node = await TestNode.LeaderAsync();
        var key = string.Concat(Enumerable.Repeat("%E2%82%AC", 341)) + "x";

        Assert.Equal(201, (await node.PutAsync(key, "v")).Status);
        Assert.Equal("v", (await node.GetAsync($"/v1/kv/{key}")).Text);
    }
}
