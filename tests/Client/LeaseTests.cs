using System.Diagnostics;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

/// <summary>Leases kept alive, on a clock that only the test moves.</summary>
public sealed class LeaseTests : IDisposable
{
    private static readonly TimeSpan _ttl = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(1);

    private readonly VirtualTime _time = new(jumps: false);
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    /// <summary>A clock that stands still would never end the attempts to revoke.</summary>
    private static Task<HttpResponseMessage> NobodyButForRevoking(HttpRequestMessage request) => request.Method == HttpMethod.Delete
        ? Task.FromResult(Script.Response(200, """{"revision":99}""", "application/json", []))
        : throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");

    [Fact]
    public async Task A_lease_is_granted_shown_kept_alive_and_revoked()
    {
        using var client = _script
            .Json(201, """{"id":17,"ttl":"9s","revision":17}""", ("Location", "/v1/leases/17"))
            .Json(200, """{"id":17,"ttl":"9s","remainingMs":8500,"rows":[{"table":"kv","key":"a"}]}""")
            .Json(200, """{"id":17,"ttl":"9s"}""")
            .Json(200, """{"revision":18}""")
            .Problem(404, "lease-absent", "not-applied", retryable: false)
            .Problem(404, "lease-absent", "not-applied", retryable: false)
            .Problem(404, "lease-absent", "not-applied", retryable: false)
            .Client(_time);

        Assert.Equal(new LeaseGrant(17, _ttl), await client.Leases.GrantAsync(_ttl, "me", cancellation: Cancellation));
        var status = await client.Leases.GetAsync(17, Cancellation);
        Assert.Equal((_ttl, TimeSpan.FromSeconds(8.5), new LeaseRow("kv", "a")), (status!.TimeToLive, status.Remaining!.Value, Assert.Single(status.Rows)));
        Assert.True(await client.Leases.KeepAliveAsync(17, Cancellation));
        Assert.True(await client.Leases.RevokeAsync(17, cancellation: Cancellation));
        Assert.False(await client.Leases.KeepAliveAsync(17, Cancellation));
        Assert.False(await client.Leases.RevokeAsync(17, cancellation: Cancellation));
        Assert.Null(await client.Leases.GetAsync(17, Cancellation));

        Assert.Equal("""{"ttl":"9000ms","owner":"me"}""", _script.Requests[0].Body);
        Assert.Equal(
            ["POST /v1/leases", "GET /v1/leases/17", "PUT /v1/leases/17", "DELETE /v1/leases/17"],
            _script.Requests.Take(4).Select(asked => $"{asked.Method} {asked.Target}"));
        // Keeping alive twice is as good as once; granting and revoking are not.
        Assert.Equal([true, false, false, true], _script.Requests.Take(4).Select(asked => asked.Header("Idempotency-Key") is not null));
    }

    [Fact]
    public async Task A_held_lease_gets_a_sign_of_life_at_each_third_of_its_time_and_is_revoked_at_the_end()
    {
        using var client = _script
            .Json(201, """{"id":17,"ttl":"9s","revision":17}""")
            .Afterwards(_ => Task.FromResult(Script.Response(200, """{"id":17,"ttl":"9s","revision":20}""", "application/json", [])))
            .Client(_time);

        var lease = await client.Leases.HoldAsync(_ttl, cancellation: Cancellation);
        for (var i = 0; i < 9; i++)
        {
            Assert.Equal(_ttl / 3, await _time.NextPauseAsync(Cancellation));
            _time.Advance(_ttl / 3);
        }

        Assert.Equal(_ttl / 3, await _time.NextPauseAsync(Cancellation));
        Assert.False(lease.Lost.IsCancellationRequested);
        await lease.DisposeAsync();
        await lease.DisposeAsync();

        Assert.Equal(9, _script.Requests.Count(asked => asked is { Method: "PUT", Target: "/v1/leases/17" }));
        Assert.Equal("DELETE", _script.Requests[^1].Method);
        _ = Assert.Single(_script.Requests, asked => asked.Method == "DELETE");
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_lease_counts_from_before_its_request_went_out()
    {
        using var client = _script
            .Then(_ =>
            {
                // The answer takes two seconds of the nine.
                _time.Advance(TimeSpan.FromSeconds(2));
                return Task.FromResult(Script.Response(201, """{"id":17,"ttl":"9s","revision":17}""", "application/json", []));
            })
            .Afterwards(NobodyButForRevoking)
            .Client(_time);

        await using var lease = await client.Leases.HoldAsync(_ttl, cancellation: Cancellation);
        // A third of nine seconds, of which two are over.
        Assert.Equal(TimeSpan.FromSeconds(1), await _time.NextPauseAsync(Cancellation));

        _time.Advance(TimeSpan.FromSeconds(7) - _tick);
        Assert.False(lease.Lost.IsCancellationRequested);
        _time.Advance(_tick);
        Assert.True(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_sign_of_life_counts_from_before_the_attempt_that_was_answered()
    {
        using var client = _script
            .Json(201, """{"id":17,"ttl":"9s","revision":17}""")
            .Break()
            .Then(_ =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(Script.Response(200, """{"id":17,"ttl":"9s"}""", "application/json", []));
            })
            .Afterwards(NobodyButForRevoking)
            .Client(_time);

        await using var lease = await client.Leases.HoldAsync(_ttl, cancellation: Cancellation);
        Assert.Equal(_ttl / 3, await _time.NextPauseAsync(Cancellation));
        _time.Advance(_ttl / 3);

        // At 3 s a broken attempt, then one sent at 3 s and answered at 4 s: the next sign at 6 s, the end at 12 s.
        Assert.Equal(TimeSpan.FromSeconds(2), await _time.NextPauseAsync(Cancellation));
        Assert.Equal(TimeSpan.FromSeconds(4), _time.Now);
        _time.Advance(TimeSpan.FromSeconds(8) - _tick);
        Assert.False(lease.Lost.IsCancellationRequested);
        _time.Advance(_tick);
        Assert.True(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_lease_that_is_gone_is_lost_at_once_and_said_to_those_who_wait()
    {
        using var client = _script
            .Json(201, """{"id":17,"ttl":"9s","revision":17}""")
            .Problem(404, "lease-absent", "not-applied", retryable: false)
            .Problem(404, "lease-absent", "not-applied", retryable: false)
            .Client(_time);

        await using var lease = await client.Leases.HoldAsync(_ttl, cancellation: Cancellation);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lease.Lost.Register(told.SetResult);
        _ = await _time.NextPauseAsync(Cancellation);
        _time.Advance(_ttl / 3);

        await told.Task.WaitAsync(Cancellation);
        Assert.Equal(_ttl / 3, _time.Now);
    }

    [Fact]
    public async Task Nobody_served_a_sign_of_life_is_tried_again_until_somebody_does()
    {
        var down = true;
        using var client = _script
            .Json(201, """{"id":17,"ttl":"9s","revision":17}""")
            .Afterwards(_ => down
                ? throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused")
                : Task.FromResult(Script.Response(200, """{"id":17,"ttl":"9s","revision":20}""", "application/json", [])))
            .Client(_time);

        await using var lease = await client.Leases.HoldAsync(_ttl, cancellation: Cancellation);
        // Every pause is slept to its end, between attempts and between signs, until six seconds are over.
        while (_time.Now < TimeSpan.FromSeconds(6))
        {
            _time.Advance(await _time.NextPauseAsync(Cancellation));
        }

        down = false;
        TimeSpan pause;
        while ((pause = await _time.NextPauseAsync(Cancellation)) < _ttl / 3)
        {
            _time.Advance(pause);
        }

        Assert.Equal(_ttl / 3, pause);
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_replayed_grant_is_confirmed_before_it_is_counted_on()
    {
        using var client = _script
            .Break()
            .Json(201, """{"id":17,"ttl":"9s","revision":17}""", ("Raft-Replayed", "true"))
            .Json(200, """{"id":17,"ttl":"9s"}""")
            .Json(200, """{"revision":18}""")
            .Client(_time);

        await using var lease = await client.Leases.HoldAsync(_ttl, cancellation: Cancellation);

        Assert.Equal(("PUT", "/v1/leases/17"), (_script.Requests[2].Method, _script.Requests[2].Target));
    }

    [Fact]
    public async Task Signs_of_life_are_no_part_of_the_callers_trace()
    {
        using var client = _script
            .Json(201, """{"id":17,"ttl":"9s","revision":17}""")
            .Json(200, """{"id":17,"ttl":"9s"}""")
            .Json(200, """{"revision":18}""")
            .Client(_time);
        using var caller = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();

        await using var lease = await client.Leases.HoldAsync(_ttl, cancellation: Cancellation);
        _ = await _time.NextPauseAsync(Cancellation);
        _time.Advance(_ttl / 3);
        _ = await _time.NextPauseAsync(Cancellation);

        Assert.Contains(caller.TraceId.ToString(), _script.Requests[0].Header("traceparent"), StringComparison.Ordinal);
        Assert.DoesNotContain(caller.TraceId.ToString(), _script.Requests[1].Header("traceparent") ?? "", StringComparison.Ordinal);
    }
}
