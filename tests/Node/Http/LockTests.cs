using System.Text;
using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Locks;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Locks, their queues and their fences, as a client meets them.</summary>
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
    public async Task Who_waits_is_served_in_the_order_they_came()
    {
        await using var node = await TestNode.LeaderAsync();
        await AcquireAsync(node, "x");
        var second = await WaitingAsync(node, node, "y");
        var third = await WaitingAsync(node, node, "z");
        Assert.Equal(["y", "z"], Waiters(node));

        await node.SendAsync("DELETE", "/v1/locks/a?owner=x");
        var served = await second;
        Assert.Equal((200, "y"), (served.Status, Text(served, "owner")));
        Assert.Equal(Number(served, "fence"), Row(node)!.Fence);
        Assert.Equal(["z"], Waiters(node));
        Assert.False(third.IsCompleted);
        await node.SendAsync("DELETE", $"/v1/locks/a?fence={Number(served, "fence")}");

        Assert.True(Number(await third, "fence") > Number(served, "fence"));
    }

    [Fact]
    public async Task A_wait_that_is_over_leaves_the_queue()
    {
        await using var node = await TestNode.LeaderAsync();
        await AcquireAsync(node, "x");

        var answer = await node.SendAsync("PUT", "/v1/locks/a?owner=y&wait=30ms");

        Assert.Equal((409, "held", "x", true), (answer.Status, answer.Code, Text(answer, "holder"), answer.Json.GetProperty("retryable").GetBoolean()));
        Assert.Empty(Waiters(node));
        Assert.Equal([1L], Leases(node));
    }

    [Fact]
    public async Task An_open_request_keeps_its_place_beyond_its_time_to_live()
    {
        await using var node = await TestNode.LeaderAsync();
        await AcquireAsync(node, "x");
        var waiting = await WaitingAsync(node, node, "y", "ttl=100ms");
        var place = Row(node)!.Waiters[0].Lease;

        // Another lease of the same length that nobody keeps ends meanwhile, twice.
        for (var times = 0; times < 2; times++)
        {
            var other = (await node.SendAsync("POST", "/v1/leases", """{"ttl":"100ms"}""")).Json.GetProperty("id").GetInt64();
            await node.Leases.WhenEnded(other).WaitAsync(Patience);
        }

        Assert.Equal(place, Row(node)!.Waiters[0].Lease);
        await node.SendAsync("DELETE", "/v1/locks/a?owner=x");
        Assert.Equal(place, Number(await waiting, "lease"));

        // From now on it lives by signs of life alone.
        await node.Leases.WhenEnded(place).WaitAsync(Patience);
        Assert.Null(Row(node));
    }

    [Fact]
    public async Task A_client_that_leaves_gives_its_place_up()
    {
        await using var node = await TestNode.LeaderAsync();
        await AcquireAsync(node, "x");
        using (var leaving = new CancellationTokenSource())
        {
            var waiting = await WaitingAsync(node, node, "y", leaving: leaving);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        await UntilAsync(node, () => Waiters(node).Length == 0);
        Assert.Equal("x", Row(node)!.Holder!.Owner);
    }

    [Fact]
    public async Task What_a_client_that_left_was_given_passes_on()
    {
        await using var node = await TestNode.LeaderAsync();
        await AcquireAsync(node, "x");
        using var leaving = new CancellationTokenSource();
        var left = await WaitingAsync(node, node, "y", "ttl=2s", leaving: leaving);
        var next = await WaitingAsync(node, node, "z");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        // It is y's turn before its place is given up, and perhaps before y is known to be gone.
        await node.SendAsync("DELETE", "/v1/locks/a?owner=x");

        Assert.Equal((200, "z"), ((await next).Status, Text(await next, "owner")));
    }

    [Fact]
    public async Task Who_asks_again_under_the_same_name_has_the_place_that_it_had()
    {
        await using var node = await TestNode.LeaderAsync();
        await AcquireAsync(node, "x");
        using var leaving = new CancellationTokenSource();
        var broken = await WaitingAsync(node, node, "y", leaving: leaving);
        var behind = await WaitingAsync(node, node, "z");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => broken);

        var again = node.SendAsync("PUT", "/v1/locks/a?owner=y&wait=1h");
        // The grace of the broken request is over when another that broke later has lost its place.
        await AcquireAsync(node, "x", "b");
        using var other = new CancellationTokenSource();
        var given = await WaitingAsync(node, node, "w", leaving: other, name: "b");
        await other.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await UntilAsync(node, () => Row(node, "b")!.Waiters.IsEmpty);

        Assert.Equal(["y", "z"], Waiters(node));
        await node.SendAsync("DELETE", "/v1/locks/a?owner=x");
        Assert.Equal("y", Text(await again, "owner"));
        Assert.False(behind.IsCompleted);
        await node.SendAsync("DELETE", "/v1/locks/a?owner=y");
        Assert.Equal("z", Text(await behind, "owner"));
    }

    [Fact]
    public async Task A_place_whose_lease_is_ended_is_lost()
    {
        await using var node = await TestNode.LeaderAsync();
        await AcquireAsync(node, "x");
        var waiting = await WaitingAsync(node, node, "y");

        await node.SendAsync("DELETE", $"/v1/leases/{Row(node)!.Waiters[0].Lease}");

        Assert.Equal((409, "held"), await CodeAsync(waiting));
    }

    [Fact]
    public async Task A_wait_goes_on_at_the_next_leader_in_its_place()
    {
        var (leader, follower) = await TestNode.PairAsync();
        await using (leader)
        await using (follower)
        {
            await AcquireAsync(follower, "x");
            // One waits through a follower, the other where the leader was.
            var first = await WaitingAsync(follower, leader, "y");
            var second = await WaitingAsync(leader, leader, "z");
            var before = Row(leader)!;

            leader.Consensus.LoseLeader();
            follower.Consensus.Lead();
            leader.Consensus.Standing = new Standing(Role.Follower, follower.Self, follower.Consensus.Standing.Term);

            await follower.SendAsync("DELETE", "/v1/locks/a?owner=x");
            Assert.Equal(before.Waiters[0].Lease, Number(await first, "lease"));
            await leader.SendAsync("DELETE", "/v1/locks/a?owner=y");
            Assert.Equal(before.Waiters[1].Lease, Number(await second, "lease"));
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

    private static async Task<Answer> AcquireAsync(TestNode node, string owner, string name = "a", string ttl = "1h")
    {
        var answer = await node.SendAsync("PUT", $"/v1/locks/{name}?owner={owner}&ttl={ttl}");
        Assert.Equal(200, answer.Status);
        return answer;
    }

    /// <summary>Sends a request that waits.</summary>
    /// <returns>The request, once it stands in the queue.</returns>
    private static async Task<Task<Answer>> WaitingAsync(
        TestNode through, TestNode leader, string owner, string more = "ttl=1h", string name = "a", CancellationTokenSource? leaving = null)
    {
        var waiting = SendAsync(through, $"/v1/locks/{name}?owner={owner}&wait=1h&{more}", leaving?.Token ?? Patience);
        await UntilAsync(leader, () => Row(leader, name)!.Waiters.Any(waiter => waiter.Owner == owner));
        return waiting;
    }

    private static async Task<Answer> SendAsync(TestNode node, string target, CancellationToken leaving)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, target);
        using var response = await node.Http.SendAsync(request, leaving);
        return new Answer((int)response.StatusCode, new Dictionary<string, string>(), await response.Content.ReadAsByteArrayAsync(leaving), response.Version);
    }

    private static async Task UntilAsync(TestNode node, Func<bool> isSo)
    {
        while (true)
        {
            // Looked at first: what happens while the condition is asked is not missed.
            var seen = node.Store.Applied.Revision;
            if (isSo())
            {
                return;
            }

            await node.Consensus.WaitForRevisionAsync(seen + 1, Patience);
        }
    }

    private static LockRow? Row(TestNode node, string name = "a")
    {
        using var picture = node.Store.Read();
        var row = picture.Get(SystemTables.Locks, Encoding.UTF8.GetBytes(name), picture.Position.Revision);
        return row is null ? null : LockRow.Read(row.Value.Span);
    }

    private static string[] Waiters(TestNode node) => [.. Row(node)!.Waiters.Select(waiter => waiter.Owner)];

    private static long[] Leases(TestNode node)
    {
        using var picture = node.Store.Read();
        return [.. RaftCluster.StateMachine.Leases.LeaseRecord.All(picture).Select(lease => lease.Id)];
    }

    private static string? Text(Answer answer, string member) => answer.Json.GetProperty(member).GetString();

    private static long Number(Answer answer, string member) => answer.Json.GetProperty(member).GetInt64();

    private static async Task<(int, string)> CodeAsync(Task<Answer> answer) => ((await answer).Status, (await answer).Code);
}
