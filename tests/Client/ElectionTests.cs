using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class ElectionTests : IDisposable
{
    private const string Granted = """{"name":"boss","owner":"me","fence":42,"lease":42,"since":"2026-11-24T08:00:00Z"}""";

    private readonly VirtualTime _time = new(jumps: false);
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task Who_is_elected_says_so_under_its_lease_and_behind_its_fence()
    {
        using var client = _script
            .Json(200, Granted)
            .Json(200, """{"id":42,"ttl":"10s"}""")
            .Json(201, """{"revision":43,"version":1}""")
            .Json(200, """{"revision":44,"version":2}""")
            .Json(200, """{"revision":45}""")
            .Client(_time);

        var lead = await client.Elections.CampaignAsync("boss", "n1:80", new LockOptions { Owner = "me" }, Cancellation);
        await lead.ProclaimAsync("n1:81", Cancellation);
        Assert.True(await lead.ResignAsync(Cancellation));

        Assert.Equal(
            ["PUT /v1/locks/boss?ttl=10000ms&owner=me&wait=1800000ms", "PUT /v1/leases/42", "PUT /v1/kv/elections/boss?lease=42", "PUT /v1/kv/elections/boss?lease=42", "DELETE /v1/locks/boss?fence=42"],
            _script.Requests.Select(asked => $"{asked.Method} {asked.Target}"));
        Assert.Equal(("n1:80", "boss;42"), (_script.Requests[2].Body, _script.Requests[2].Header("Raft-Fence")));
        Assert.Equal(new Fence("boss", 42), lead.Fence);
    }

    [Fact]
    public async Task Who_can_not_say_so_releases_the_lock()
    {
        using var client = _script
            .Json(200, Granted)
            .Json(200, """{"id":42,"ttl":"10s"}""")
            .Problem(412, "fenced", "not-applied", retryable: false)
            .Problem(409, "held", "not-applied", retryable: false)
            .Client(_time);

        _ = await Assert.ThrowsAsync<FencedException>(
            () => client.Elections.CampaignAsync("boss", "n1:80", new LockOptions { Owner = "me" }, Cancellation));

        Assert.Equal("DELETE", _script.Requests[^1].Method);
    }

    [Fact]
    public async Task Observers_see_who_leads_and_each_change_and_nothing_twice()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var client = _script
            .Problem(404, "absent", "not-applied", retryable: false, ("Raft-Revision", "40"))
            .Json(200, """{"events":[{}],"next":44}""")
            .Answer(200, "n1:80", ("ETag", "\"43\""), ("Raft-Version", "1"), ("Raft-Revision", "43"))
            .Answer(204)
            .Answer(200, "n1:80", ("ETag", "\"43\""), ("Raft-Version", "1"), ("Raft-Revision", "50"))
            .Problem(410, "compacted", "not-applied", retryable: false)
            .Answer(200, "n2:80", ("ETag", "\"60\""), ("Raft-Version", "1"), ("Raft-Revision", "60"))
            .Client(_time, Script.N1);

        var seen = new List<ElectedLeader?>();
        await foreach (var leader in client.Elections.ObserveAsync("boss", stop.Token))
        {
            seen.Add(leader);
            if (seen.Count == 2)
            {
                // The feed could not serve the second wait: it is a pause, which the clock has to take.
                _ = Task.Run(async () => _time.Advance(await _time.NextPauseAsync(Cancellation)), Cancellation);
            }

            if (seen.Count == 3)
            {
                break;
            }
        }

        Assert.Equal([null, new ElectedLeader("n1:80", 43), new ElectedLeader("n2:80", 60)], seen);
        Assert.Equal(
            ["/v1/changes?from=41&table=kv&prefix=elections%2Fboss&wait=30000ms", "/v1/changes?from=44&table=kv&prefix=elections%2Fboss&wait=30000ms", "/v1/changes?from=51&table=kv&prefix=elections%2Fboss&wait=30000ms"],
            _script.Requests.Where(asked => asked.Target.StartsWith("/v1/changes", StringComparison.Ordinal)).Select(asked => asked.Target));
        Assert.All(
            _script.Requests.Where(asked => asked.Target.StartsWith("/v1/changes", StringComparison.Ordinal)),
            asked => Assert.Equal("application/json", asked.Header("Accept")));
    }

    [Fact]
    public async Task The_leader_is_looked_up_at_once_too()
    {
        using var client = _script
            .Answer(200, "n1:80", ("ETag", "\"43\""), ("Raft-Version", "1"))
            .Problem(404, "absent", "not-applied", retryable: false)
            .Client(_time);

        Assert.Equal(new ElectedLeader("n1:80", 43), await client.Elections.GetLeaderAsync("boss", cancellation: Cancellation));
        Assert.Null(await client.Elections.GetLeaderAsync("boss", cancellation: Cancellation));
    }
}
