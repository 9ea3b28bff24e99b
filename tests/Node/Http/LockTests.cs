using RaftCluster.StateMachine.Locks;
using static RaftCluster.Tests.Node.Http.LockCalls;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Locks, their fences and what they guard, as a client meets them.</summary>
public sealed class LockTests
{
    private static readonly string _longName = new('n', 1025);

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    /// <summary>verb, target, headers, field</summary>
    public static TheoryData<string, string, string[], string> Malformed => new()
    {
        { "PUT", "/v1/locks/", [], "name" },
        { "GET", "/v1/locks/", [], "name" },
        { "DELETE", "/v1/locks/%ff?force=true", [], "name" },
        { "PUT", $"/v1/locks/{_longName}", [], "name" },
        { "PUT", "/v1/locks/a?ttl=10", [], "ttl" },
        { "PUT", "/v1/locks/a?ttl=1ms", [], "ttl" },
        { "PUT", "/v1/locks/a?wait=soon", [], "wait" },
        { "PUT", "/v1/locks/a?wait=61m", [], "wait" },
        { "PUT", "/v1/locks/a?owner=", [], "owner" },
        { "PUT", $"/v1/locks/a?owner={new string('o', 257)}", [], "owner" },
        { "PUT", "/v1/locks/a?guard-table=kv", [], "guard-table" },
        { "PUT", "/v1/locks/a?guard=x&guard-table=$locks", [], "guard-table" },
        { "PUT", $"/v1/locks/a?guard={_longName}", [], "guard" },
        { "PUT", "/v1/locks/a?" + string.Join('&', Enumerable.Range(0, 17).Select(at => $"guard={at}")), [], "guard" },
        { "PUT", "/v1/locks/a?fence=1", [], "fence" },
        { "PUT", "/v1/locks/a?force=true", [], "force" },
        { "PUT", "/v1/locks/a", ["If-None-Match: *"], "If-None-Match" },
        { "PUT", "/v1/locks/a", ["Raft-Durability: leader"], "Raft-Durability" },
        { "GET", "/v1/locks/a?owner=me", [], "owner" },
        { "DELETE", "/v1/locks/a", [], "owner" },
        { "DELETE", "/v1/locks/a?force=false", [], "owner" },
        { "DELETE", "/v1/locks/a?force=maybe", [], "force" },
        { "DELETE", "/v1/locks/a?fence=0", [], "fence" },
        { "DELETE", "/v1/locks/a?fence=1x", [], "fence" },
        { "DELETE", "/v1/locks/a?owner=", [], "owner" },
        { "DELETE", "/v1/locks/a?owner=x&guard=jobs/", [], "guard" },
        { "PUT", "/v1/kv/a?fence=1", [], "fence" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_wrong_is_refused_by_name_and_nothing_changes(string verb, string target, string[] headers, string field)
    {
        await using var node = await TestNode.LeaderAsync();
        await AcquireAsync(node, "x");
        var before = node.Store.Applied;

        var answer = await node.SendAsync(verb, target, null, headers);

        Assert.Equal((400, "malformed", "not-applied", field), (answer.Status, answer.Code, answer.Outcome, answer.Field));
        Assert.Equal(before, node.Store.Applied);
    }

    [Fact]
    public async Task One_holds_a_lock_and_everybody_else_is_told_who()
    {
        await using var node = await TestNode.LeaderAsync();
        var held = await node.SendAsync("PUT", "/v1/locks/a%2Fb?ttl=30s&owner=x");
        Assert.Equal(
            (200, "a/b", "x", 1L, 1L),
            (held.Status, Text(held, "name"), Text(held, "owner"), Number(held, "fence"), Number(held, "lease")));

        var refused = await node.SendAsync("PUT", "/v1/locks/a/b?owner=y");
        Assert.Equal((409, "held", "not-applied"), (refused.Status, refused.Code, refused.Outcome));
        Assert.Equal(("x", 1L, Text(held, "since")), (Text(refused, "holder"), Number(refused, "fence"), Text(refused, "since")));

        var again = await node.SendAsync("PUT", "/v1/locks/a/b?owner=x");
        Assert.Equal((200, held.Text), (again.Status, again.Text));
        var shown = await node.GetAsync("/v1/locks/a/b");
        Assert.Equal((200, "x", 1L, 0), (shown.Status, Text(shown, "owner"), Number(shown, "fence"), shown.Json.GetProperty("waiters").GetArrayLength()));
        Assert.Equal("[\"a/b\"]", (await node.GetAsync("/v1/leases/1")).Json.GetProperty("locks").GetRawText());
        Assert.Equal(1, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task A_lock_is_given_back_by_its_owner_by_its_fence_or_by_force()
    {
        await using var node = await TestNode.LeaderAsync();
        Assert.Equal((404, "absent"), await CodeAsync(node.SendAsync("DELETE", "/v1/locks/a?owner=x")));
        Assert.Equal((404, "absent"), await CodeAsync(node.GetAsync("/v1/locks/a")));
        foreach (var by in new[] { "owner=x", "fence={0}", "owner=x&fence={0}", "force=true" })
        {
            var fence = Number(await AcquireAsync(node, "x"), "fence");
            Assert.Equal((409, "held"), await CodeAsync(node.SendAsync("DELETE", "/v1/locks/a?owner=y")));
            Assert.Equal((409, "held"), await CodeAsync(node.SendAsync("DELETE", $"/v1/locks/a?fence={fence + 1}")));
            Assert.Equal((409, "held"), await CodeAsync(node.SendAsync("DELETE", $"/v1/locks/a?owner=x&fence={fence + 1}")));

            var released = await node.SendAsync("DELETE", $"/v1/locks/a?{string.Format(null, by, fence)}");

            Assert.Equal((200, $$"""{"revision":{{fence + 1}},"released":true}"""), (released.Status, released.Text));
            Assert.Equal((404, "lease-absent"), await CodeAsync(node.GetAsync($"/v1/leases/{fence}")));
        }
    }

    [Fact]
    public async Task A_write_with_the_fence_of_a_holding_that_is_over_is_refused()
    {
        await using var node = await TestNode.LeaderAsync();
        var stale = await AcquireAsync(node, "x", ttl: "100ms");
        // Nobody gives a sign of life.
        await node.Leases.WhenEnded(Number(stale, "lease")).WaitAsync(Patience);
        var nobody = await node.PutAsync("a", "late", $"Raft-Fence: a;{Number(stale, "fence")}");
        var fresh = await AcquireAsync(node, "y");
        var other = await node.PutAsync("a", "late", $"Raft-Fence: a;{Number(stale, "fence")}");

        Assert.Equal((412, "fenced", "not-applied", "Raft-Fence"), (nobody.Status, nobody.Code, nobody.Outcome, nobody.Field));
        Assert.Equal((412, "fenced", "not-applied", "Raft-Fence"), (other.Status, other.Code, other.Outcome, other.Field));
        Assert.Equal(201, (await node.PutAsync("a", "y", $"Raft-Fence: a;{Number(fresh, "fence")}")).Status);
        Assert.Equal("y", (await node.GetAsync("/v1/kv/a")).Text);
    }

    [Fact]
    public async Task What_a_lock_guards_only_its_holder_writes_until_the_guard_is_dropped()
    {
        await using var node = await TestNode.LeaderAsync();
        await node.PutAsync("jobs/1", "old");
        var held = await node.SendAsync("PUT", "/v1/locks/a?owner=x&guard=jobs/&guard=cron");
        var fence = $"Raft-Fence: a;{Number(held, "fence")}";

        foreach (var (verb, target) in new[]
        {
            ("PUT", "/v1/kv/jobs/1"), ("PUT", "/v1/kv/jobs/2?ttl=1h"), ("DELETE", "/v1/kv/jobs/1"), ("DELETE", "/v1/kv?prefix=j"),
            ("DELETE", "/v1/kv?all=true"), ("PUT", "/v1/kv/cronos"),
        })
        {
            var refused = await node.SendAsync(verb, target, verb == "PUT" ? "new" : null);
            Assert.Equal((412, "fenced", "not-applied"), (refused.Status, refused.Code, refused.Outcome));
        }

        Assert.Equal(201, (await node.PutAsync("job", "v")).Status);
        Assert.Equal(200, (await node.PutAsync("jobs/1", "new", fence)).Status);
        Assert.Equal(200, (await node.SendAsync("DELETE", "/v1/locks/a?owner=x")).Status);

        // The guard stays when the lock is free, and with another holder.
        Assert.Equal((412, "fenced"), await CodeAsync(node.PutAsync("jobs/1", "late", fence)));
        Assert.Equal((412, "fenced"), await CodeAsync(node.PutAsync("jobs/1", "late")));
        Assert.Equal(["jobs/", "cron"], Row(node)!.Guards.Select(guard => guard.Prefix));
        await AcquireAsync(node, "y");
        Assert.Equal((412, "fenced"), await CodeAsync(node.PutAsync("jobs/1", "late", fence)));
        Assert.Equal(200, (await node.SendAsync("DELETE", "/v1/locks/a?owner=y&guard=drop")).Status);

        Assert.Equal(200, (await node.PutAsync("jobs/1", "free")).Status);
        Assert.Null(Row(node));
    }

    [Fact]
    public async Task Who_names_no_owner_is_given_a_name_and_finds_its_place_by_its_key()
    {
        await using var node = await TestNode.LeaderAsync();
        var named = await node.SendAsync("PUT", "/v1/locks/a");
        Assert.Equal(200, (await node.SendAsync("DELETE", $"/v1/locks/a?owner={Text(named, "owner")}")).Status);

        var keyed = await node.SendAsync("PUT", "/v1/locks/a", null, "Idempotency-Key: k");
        var again = await node.SendAsync("PUT", "/v1/locks/a", null, "Idempotency-Key: k");

        Assert.Equal((200, "k", null), (keyed.Status, Text(keyed, "owner"), keyed["Raft-Replayed"]));
        Assert.Equal((200, keyed.Text, "true"), (again.Status, again.Text, again["Raft-Replayed"]));
    }

    [Fact]
    public async Task Without_a_leader_nobody_takes_a_lock()
    {
        await using var node = await TestNode.LeaderAsync();
        node.Consensus.LoseLeader();

        Assert.Equal((503, "no-leader"), await CodeAsync(node.SendAsync("PUT", "/v1/locks/a", null, "Raft-Wait: 50ms")));
        Assert.Equal(0, node.Store.Applied.Revision);
    }

    [Fact]
    public async Task More_guards_than_a_lock_may_have_are_refused()
    {
        await using var node = await TestNode.LeaderAsync();
        for (var from = 0; from < LockRow.MaximumGuards; from += 16)
        {
            var guards = string.Join('&', Enumerable.Range(from, 16).Select(at => $"guard={at}"));
            Assert.Equal(200, (await node.SendAsync("PUT", $"/v1/locks/a?owner=x&{guards}")).Status);
        }

        var before = node.Store.Applied.Revision;
        var answer = await node.SendAsync("PUT", "/v1/locks/a?owner=x&guard=one-more");

        Assert.Equal((409, "conflict", "guard"), (answer.Status, answer.Code, answer.Field));
        Assert.Equal(before, node.Store.Applied.Revision);
    }
}
