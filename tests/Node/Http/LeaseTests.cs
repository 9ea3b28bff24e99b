namespace RaftCluster.Tests.Node.Http;

/// <summary>Leases and the rows on them, as a client meets them.</summary>
public sealed class LeaseTests
{
    private static readonly string _longOwner = new('o', 257);

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    /// <summary>verb, target, body, headers, field</summary>
    public static TheoryData<string, string, string?, string[], string> Malformed => new()
    {
        { "POST", "/v1/leases", null, [], "body" },
        { "POST", "/v1/leases", "ttl=10s", [], "body" },
        { "POST", "/v1/leases", "[]", [], "body" },
        { "POST", "/v1/leases", "{}", [], "ttl" },
        { "POST", "/v1/leases", """{"ttl":10}""", [], "ttl" },
        { "POST", "/v1/leases", """{"ttl":"10"}""", [], "ttl" },
        { "POST", "/v1/leases", """{"ttl":"99ms"}""", [], "ttl" },
        { "POST", "/v1/leases", """{"ttl":"25h"}""", [], "ttl" },
        { "POST", "/v1/leases", """{"ttl":"1s","ttl":"2s"}""", [], "ttl" },
        { "POST", "/v1/leases", """{"ttl":"1s","owner":7}""", [], "owner" },
        { "POST", "/v1/leases", """{"ttl":"1s","owner":""}""", [], "owner" },
        { "POST", "/v1/leases", $$"""{"ttl":"1s","owner":"{{_longOwner}}"}""", [], "owner" },
        { "POST", "/v1/leases", """{"ttl":"1s","owner":"\ud800"}""", [], "owner" },
        { "POST", "/v1/leases", """{"ttl":"1s","onwer":"me"}""", [], "onwer" },
        { "POST", "/v1/leases?ttl=1s", """{"ttl":"1s"}""", [], "ttl" },
        { "POST", "/v1/leases", """{"ttl":"1s"}""", ["If-Match: *"], "If-Match" },
        { "POST", "/v1/leases", """{"ttl":"1s"}""", ["Raft-Durability: leader"], "Raft-Durability" },
        { "GET", "/v1/leases/", null, [], "id" },
        { "GET", "/v1/leases/x", null, [], "id" },
        { "PUT", "/v1/leases/0", null, [], "id" },
        { "DELETE", "/v1/leases/-1", null, [], "id" },
        { "GET", "/v1/leases/1/rows", null, [], "id" },
        { "PUT", "/v1/leases/1?ttl=3s", null, [], "ttl" },
        { "DELETE", "/v1/leases/1", null, ["If-None-Match: *"], "If-None-Match" },
        { "PUT", "/v1/kv/a?ttl=1", "v", [], "ttl" },
        { "PUT", "/v1/kv/a?ttl=0s", "v", [], "ttl" },
        { "PUT", "/v1/kv/a?lease=x", "v", [], "lease" },
        { "PUT", "/v1/kv/a?lease=0", "v", [], "lease" },
        { "PUT", "/v1/kv/a?lease=1&ttl=3s", "v", [], "lease" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_wrong_is_refused_by_name_and_nothing_changes(
        string verb, string target, string? body, string[] headers, string field)
    {
        await using var node = await TestNode.LeaderAsync();
        await GrantAsync(node);
        var before = node.Store.Applied;

        var answer = await node.SendAsync(verb, target, body, headers);

        Assert.Equal((400, "malformed", "not-applied", field), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        Assert.Equal(before, node.Store.Applied);
    }

    [Fact]
    public async Task A_lease_is_made_kept_shown_and_ended_with_its_rows()
    {
        await using var node = await TestNode.LeaderAsync();
        var granted = await node.SendAsync("POST", "/v1/leases", """{"ttl":"60s","owner":"wörker \"7\""}""");
        var id = granted.Json.GetProperty("id").GetInt64();
        Assert.Equal((201, $"/v1/leases/{id}", granted.Revision), (granted.Status, granted["Location"], id));
        Assert.Equal($$"""{"id":{{id}},"ttl":"1m","revision":{{id}}}""", granted.Text);

        Assert.Equal(201, (await node.SendAsync("PUT", $"/v1/kv/b?lease={id}", "v")).Status);
        var put = await node.SendAsync("PUT", $"/v1/kv/a?lease={id}", "v");
        Assert.Equal($$"""{"revision":{{id + 2}},"version":1,"lease":{{id}}}""", put.Text);
        Assert.Equal($"\"{id + 2}\"", put["ETag"]);

        var shown = (await node.GetAsync($"/v1/leases/{id}")).Json;
        Assert.Equal("wörker \"7\"", shown.GetProperty("owner").GetString());
        Assert.Equal("1m", shown.GetProperty("ttl").GetString());
        Assert.InRange(shown.GetProperty("remainingMs").GetInt64(), 1, 60_000);
        Assert.Equal("""[{"table":"kv","key":"a"},{"table":"kv","key":"b"}]""", shown.GetProperty("rows").GetRawText());

        var proposed = node.Consensus.Proposed;
        var kept = await node.SendAsync("PUT", $"/v1/leases/{id}");
        Assert.Equal((200, id, "1m"), (kept.Status, kept.Json.GetProperty("id").GetInt64(), kept.Json.GetProperty("ttl").GetString()));
        Assert.Equal("0", kept["Raft-Staleness"]);
        Assert.Equal(proposed, node.Consensus.Proposed);

        var ended = await node.SendAsync("DELETE", $"/v1/leases/{id}");
        Assert.Equal((200, $$"""{"revision":{{id + 3}},"deleted":true,"rows":2}"""), (ended.Status, ended.Text));
        Assert.Equal(404, (await node.GetAsync("/v1/kv/a")).Status);
        foreach (var verb in new[] { "GET", "PUT", "DELETE" })
        {
            var gone = await node.SendAsync(verb, $"/v1/leases/{id}");
            Assert.Equal((404, "lease-absent", "id"), (gone.Status, gone.Code, gone.Field));
        }
    }

    [Fact]
    public async Task A_row_with_a_time_to_live_goes_when_it_is_over()
    {
        await using var node = await TestNode.LeaderAsync();
        var put = await node.SendAsync("PUT", "/v1/kv/a?ttl=100ms", "v");
        var lease = put.Json.GetProperty("lease").GetInt64();

        await node.Leases.WhenEnded(lease).WaitAsync(Patience);

        Assert.Equal(404, (await node.GetAsync("/v1/kv/a")).Status);
        Assert.Equal(404, (await node.SendAsync("PUT", $"/v1/leases/{lease}")).Status);
        Assert.Equal(put.Revision + 1, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task A_row_that_is_written_anew_leaves_its_lease_which_ends_if_it_was_for_that_row()
    {
        await using var node = await TestNode.LeaderAsync();
        var lease = (await node.SendAsync("PUT", "/v1/kv/a?ttl=1h", "v")).Json.GetProperty("lease").GetInt64();
        var granted = await GrantAsync(node);
        await node.SendAsync("PUT", $"/v1/kv/b?lease={granted}", "v");

        await node.PutAsync("a", "w");
        await node.PutAsync("b", "w");

        Assert.Equal(404, (await node.GetAsync($"/v1/leases/{lease}")).Status);
        Assert.Equal("[]", (await node.GetAsync($"/v1/leases/{granted}")).Json.GetProperty("rows").GetRawText());
        Assert.Equal(("w", "w"), ((await node.GetAsync("/v1/kv/a")).Text, (await node.GetAsync("/v1/kv/b")).Text));
    }

    [Fact]
    public async Task A_put_on_a_lease_that_is_not_there_does_nothing()
    {
        await using var node = await TestNode.LeaderAsync();
        var answer = await node.SendAsync("PUT", "/v1/kv/a?lease=77", "v");

        Assert.Equal((404, "lease-absent", "not-applied", "lease"), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        Assert.Equal(0, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task A_condition_counts_for_a_put_on_a_lease_too()
    {
        await using var node = await TestNode.LeaderAsync();
        // A longer key that begins with it is another row.
        await node.PutAsync("ab", "v");
        Assert.Equal(412, (await node.SendAsync("PUT", "/v1/kv/a?ttl=1h", "v", "If-Match: *")).Status);
        Assert.Null((await node.SendAsync("PUT", "/v1/kv/a?ttl=1h", "v", "If-Match: \"1\""))["ETag"]);

        Assert.Equal(201, (await node.SendAsync("PUT", "/v1/kv/a?ttl=1h", "v", "If-None-Match: *")).Status);
        var refused = await node.SendAsync("PUT", "/v1/kv/a?ttl=1h", "w", "If-None-Match: *");

        Assert.Equal((412, "precondition-failed", "\"2\""), (refused.Status, refused.Code, refused["ETag"]));
        Assert.Equal(200, (await node.SendAsync("PUT", "/v1/kv/a?ttl=1h", "w", "If-Match: \"2\"")).Status);
    }

    [Fact]
    public async Task Any_node_takes_any_request_about_leases()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using (leader)
        await using (follower)
        {
            var granted = await follower.SendAsync("POST", "/v1/leases", """{"ttl":"1h"}""");
            var id = granted.Json.GetProperty("id").GetInt64();

            Assert.Equal(201, (await follower.SendAsync("PUT", $"/v1/kv/a?lease={id}", "v")).Status);
            Assert.Equal(200, (await follower.SendAsync("PUT", $"/v1/leases/{id}")).Status);
            Assert.Equal(1, (await follower.GetAsync($"/v1/leases/{id}")).Json.GetProperty("rows").GetArrayLength());
            Assert.Equal(307, (await follower.SendAsync("PUT", $"/v1/leases/{id}", null, "Raft-Forward: never")).Status);
            Assert.Equal(200, (await follower.SendAsync("DELETE", $"/v1/leases/{id}")).Status);
            Assert.Equal((404, "lease-absent"), await CodeAsync(follower.SendAsync("PUT", $"/v1/leases/{id}")));
        }
    }

    [Fact]
    public async Task Without_a_leader_nothing_is_known_of_a_lease()
    {
        await using var node = await TestNode.LeaderAsync();
        var id = await GrantAsync(node);
        node.Consensus.LoseLeader();

        Assert.Equal((503, "no-leader"), await CodeAsync(node.SendAsync("PUT", $"/v1/leases/{id}?wait=50ms")));
        Assert.Equal((503, "no-leader"), await CodeAsync(node.GetAsync($"/v1/leases/{id}?wait=50ms")));
    }

    [Fact]
    public async Task A_grant_sent_again_under_its_key_makes_no_other_lease()
    {
        await using var node = await TestNode.LeaderAsync();
        var first = await node.SendAsync("POST", "/v1/leases", """{"ttl":"1h"}""", "Idempotency-Key: k");
        var again = await node.SendAsync("POST", "/v1/leases", """{"ttl":"1h"}""", "Idempotency-Key: k");

        Assert.Equal((201, first.Text, "true", first["Location"]), (again.Status, again.Text, again["Raft-Replayed"], again["Location"]));
        Assert.Equal(1, node.Store.Applied.Revision);
    }

    private static async Task<long> GrantAsync(TestNode node) =>
        (await node.SendAsync("POST", "/v1/leases", """{"ttl":"1h"}""")).Json.GetProperty("id").GetInt64();

    private static async Task<(int, string)> CodeAsync(Task<Answer> answer) => ((await answer).Status, (await answer).Code);
}
