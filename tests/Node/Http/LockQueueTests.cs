using RaftCluster.Node.Consensus;
using static RaftCluster.Tests.Node.Http.LockCalls;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Waiting for a lock: in order, for as long as somebody waits, across clients that leave and leaders that change.</summary>
public sealed class LockQueueTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

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
        Assert.Equal([1L], LeaseIds(node));
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
}
