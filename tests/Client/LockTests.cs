using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

/// <summary>Locks acquired, held, lost and handed over, on a clock that only the test moves.</summary>
public sealed class LockTests : IDisposable
{
    private const string Granted = """{"name":"jobs","owner":"me","fence":42,"lease":42,"since":"2026-11-24T08:00:00Z"}""";
    private const string Alive = """{"id":42,"ttl":"9s"}""";
    private const string Held =
        """{"title":"t","status":409,"code":"held","outcome":"not-applied","retryable":true,"holder":"you","fence":41,"since":"2026-11-24T08:00:00Z"}""";

    private static readonly LockOptions _options = new() { TimeToLive = TimeSpan.FromSeconds(9), Owner = "me" };
    private static readonly LockOptions _nameless = _options with { Owner = null };

    private readonly VirtualTime _time = new(jumps: false);
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task A_lock_is_acquired_kept_by_its_lease_and_released_by_its_fence()
    {
        using var client = _script.Json(200, Granted).Json(200, Alive).Json(200, Alive).Json(200, """{"revision":43}""").Client(_time);

        await using (var held = await client.Locks.AcquireAsync("jobs", _options, Cancellation))
        {
            Assert.Equal((new Fence("jobs", 42), "me", 42L, "jobs"), (held.Fence, held.Owner, held.Lease, held.Name));
            Assert.Equal(TimeSpan.FromSeconds(3), await _time.NextPauseAsync(Cancellation));
            _time.Advance(TimeSpan.FromSeconds(3));
            Assert.Equal(TimeSpan.FromSeconds(3), await _time.NextPauseAsync(Cancellation));
            Assert.False(held.Lost.IsCancellationRequested);
        }

        Assert.Equal(
            ["PUT /v1/locks/jobs?ttl=9000ms&owner=me&wait=1800000ms", "PUT /v1/leases/42", "PUT /v1/leases/42", "DELETE /v1/locks/jobs?fence=42"],
            _script.Requests.Select(asked => $"{asked.Method} {asked.Target}"));
        // The wait is in the query, and the owner makes it repeatable.
        Assert.Null(_script.Requests[0].Header("Raft-Wait"));
        Assert.Null(_script.Requests[0].Header("Idempotency-Key"));
    }

    [Fact]
    public async Task A_lock_that_another_holds_is_a_result_with_who_and_since_when()
    {
        using var client = _script.Then(_ => Problem(Held)).Then(_ => Problem(Held)).Client(_time);

        var held = Assert.IsType<LockResult.Held>(await client.Locks.TryAcquireAsync("jobs", _options, Cancellation));
        var thrown = await Assert.ThrowsAsync<LockHeldException>(
            () => client.Locks.AcquireAsync("jobs", _options with { Wait = TimeSpan.Zero }, Cancellation));

        Assert.Equal(new LockResult.Held("you", 41, new DateTimeOffset(2026, 11, 24, 8, 0, 0, TimeSpan.Zero)), held);
        Assert.Equal("The lock 'jobs' is held by 'you' since 2026-11-24T08:00:00Z.", thrown.Message);
        Assert.Equal(held, thrown.Holder);
        Assert.All(_script.Requests, asked => Assert.Equal("/v1/locks/jobs?ttl=9000ms&owner=me", asked.Target));
    }

    [Fact]
    public async Task A_wait_that_a_node_ends_early_goes_on_by_the_same_owner_for_what_is_left()
    {
        using var client = _script
            .Then(_ =>
            {
                _time.Advance(TimeSpan.FromSeconds(4));
                return Problem(Held);
            })
            .Then(_ =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(Script.Response(200, Granted, "application/json", []));
            })
            .Json(200, Alive)
            .Json(200, """{"revision":43}""")
            .Client(_time);

        var acquiring = client.Locks.AcquireAsync("jobs", _options with { Wait = TimeSpan.FromSeconds(10) }, Cancellation);
        _time.Advance(await _time.NextPauseAsync(Cancellation));
        await using var held = await acquiring;

        Assert.Equal(42, held.Fence.Number);
        Assert.Equal(
            ["/v1/locks/jobs?ttl=9000ms&owner=me&wait=10000ms", "/v1/locks/jobs?ttl=9000ms&owner=me&wait=5900ms"],
            _script.Requests.Take(2).Select(asked => asked.Target));
    }

    [Fact]
    public async Task A_connection_that_dies_while_waiting_is_followed_by_another_for_what_is_left()
    {
        using var client = _script
            .Then(_ =>
            {
                _time.Advance(TimeSpan.FromSeconds(4));
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended");
            })
            .Json(200, Granted)
            .Json(200, Alive)
            .Json(200, """{"revision":43}""")
            .Client(_time);

        await using var held = await client.Locks.AcquireAsync("jobs", _options with { Wait = TimeSpan.FromSeconds(10) }, Cancellation);

        Assert.Equal(["n1", "n2"], _script.Hosts.Take(2));
        Assert.EndsWith("&wait=6000ms", _script.Requests[1].Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grant_after_a_long_wait_is_confirmed_and_counts_from_the_confirmation()
    {
        using var client = _script
            .Then(_ =>
            {
                _time.Advance(TimeSpan.FromSeconds(20));
                return Task.FromResult(Script.Response(200, Granted, "application/json", []));
            })
            .Json(200, Alive)
            .Json(200, """{"revision":43}""")
            .Client(_time);

        await using var held = await client.Locks.AcquireAsync("jobs", _nameless, Cancellation);

        Assert.Equal(("PUT", "/v1/leases/42"), (_script.Requests[1].Method, _script.Requests[1].Target));
        Assert.False(held.Lost.IsCancellationRequested);
        Assert.Equal(TimeSpan.FromSeconds(3), await _time.NextPauseAsync(Cancellation));
    }

    [Fact]
    public async Task A_grant_that_is_no_older_than_its_one_request_needs_no_confirmation()
    {
        using var client = _script.Json(200, Granted).Json(200, """{"revision":43}""").Client(_time);

        await using (await client.Locks.AcquireAsync("jobs", _nameless, Cancellation))
        {
            _ = Assert.Single(_script.Requests);
        }
    }

    [Fact]
    public async Task A_grant_by_a_lost_attempt_is_as_old_as_that_and_is_confirmed()
    {
        using var client = _script
            .Then(_ =>
            {
                _time.Advance(TimeSpan.FromSeconds(5));
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended");
            })
            .Json(200, Granted)
            .Json(200, Alive)
            .Json(200, """{"revision":43}""")
            .Client(_time);

        await using var held = await client.Locks.AcquireAsync("jobs", _nameless, Cancellation);

        Assert.Equal(("PUT", "/v1/leases/42"), (_script.Requests[2].Method, _script.Requests[2].Target));
    }

    [Fact]
    public async Task A_grant_whose_lease_has_ended_is_none_and_is_asked_for_anew()
    {
        using var client = _script
            .Then(_ =>
            {
                _time.Advance(TimeSpan.FromSeconds(20));
                return Task.FromResult(Script.Response(200, Granted, "application/json", []));
            })
            .Problem(404, "lease-absent", "not-applied", retryable: false)
            .Json(200, Granted.Replace("42", "50", StringComparison.Ordinal))
            .Json(200, Alive)
            .Json(200, """{"revision":51}""")
            .Client(_time);

        var acquiring = client.Locks.AcquireAsync("jobs", _options, Cancellation);
        _time.Advance(await _time.NextPauseAsync(Cancellation));
        await using var held = await acquiring;

        Assert.Equal(50, held.Fence.Number);
    }

    [Fact]
    public async Task A_lock_whose_lease_is_gone_is_lost_and_its_release_says_so()
    {
        using var client = _script
            .Json(200, Granted)
            .Problem(404, "lease-absent", "not-applied", retryable: false)
            .Problem(409, "held", "not-applied", retryable: false)
            .Client(_time);

        var held = await client.Locks.AcquireAsync("jobs", _nameless, Cancellation);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = held.Lost.Register(told.SetResult);
        _time.Advance(await _time.NextPauseAsync(Cancellation));

        await told.Task.WaitAsync(Cancellation);
        Assert.False(await held.ReleaseAsync(Cancellation));
        Assert.False(await held.ReleaseAsync(Cancellation));
        await held.DisposeAsync();
        Assert.Equal(3, _script.Requests.Count);
    }

    [Fact]
    public async Task Who_gives_up_waiting_under_a_name_of_its_own_leaves_the_queue()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var client = _script
            .Then(async request =>
            {
                await stop.CancelAsync();
                throw new OperationCanceledException(stop.Token);
            })
            .Json(200, """{"revision":43}""")
            .Client(_time);

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Locks.AcquireAsync("jobs", cancellation: stop.Token));

        var owner = _script.Requests[0].Target.Split("owner=")[1].Split('&')[0];
        Assert.Equal(("DELETE", $"/v1/locks/jobs?owner={owner}"), (_script.Requests[1].Method, _script.Requests[1].Target));
        Assert.Contains(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), owner, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_gives_up_under_a_given_name_releases_nothing_for_another_may_hold_by_it()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var client = _script
            .Then(async request =>
            {
                await stop.CancelAsync();
                throw new OperationCanceledException(stop.Token);
            })
            .Client(_time);

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Locks.AcquireAsync("jobs", _options, stop.Token));

        _ = Assert.Single(_script.Requests);
    }

    [Fact]
    public async Task Guards_are_named_with_their_table()
    {
        using var client = _script.Json(200, Granted).Json(200, Alive).Json(200, """{"revision":43}""").Client(_time);

        await using var held = await client.Locks.AcquireAsync(
            "a b", _options with { Guard = [new("users", "x/"), new("users", "y&")], Wait = TimeSpan.Zero }, Cancellation);
        _ = await Assert.ThrowsAsync<ArgumentException>(() => client.Locks.AcquireAsync(
            "a", _options with { Guard = [LockGuard.Kv("x"), new("users", "y")] }, Cancellation));

        Assert.Equal("/v1/locks/a%20b?ttl=9000ms&owner=me&guard=x%2F&guard=y%26&guard-table=users", _script.Requests[0].Target);
    }

    [Fact]
    public async Task A_lock_is_shown_with_holder_guard_and_waiters()
    {
        using var client = _script
            .Json(200, """
                {"name":"jobs","owner":"you","fence":41,"lease":41,"since":"2026-11-24T08:00:00Z",
                 "guard":[{"table":"kv","prefix":"jobs/"}],"waiters":[{"owner":"me","lease":43,"since":"2026-11-24T08:00:01Z"}]}
                """)
            .Json(200, """{"name":"jobs","fence":41,"guard":[],"waiters":[]}""")
            .Problem(404, "absent", "not-applied", retryable: false)
            .Client(_time);

        var status = await client.Locks.GetAsync("jobs", cancellation: Cancellation);
        Assert.Equal(("you", 41L, LockGuard.Kv("jobs/"), "me"), (status!.Owner, status.Fence, Assert.Single(status.Guard), Assert.Single(status.Waiters).Owner));
        Assert.Null((await client.Locks.GetAsync("jobs", cancellation: Cancellation))!.Owner);
        Assert.Null(await client.Locks.GetAsync("jobs", cancellation: Cancellation));
    }

    [Fact]
    public async Task A_release_names_whose_hold_ends()
    {
        using var client = _script
            .Json(200, """{"revision":43}""")
            .Problem(404, "absent", "not-applied", retryable: false)
            .Problem(409, "held", "not-applied", retryable: false)
            .Client(_time);

        Assert.True(await client.Locks.ReleaseAsync("jobs", new LockRelease { Force = true, DropGuard = true }, Cancellation));
        Assert.False(await client.Locks.ReleaseAsync("jobs", new LockRelease { Owner = "me" }, Cancellation));
        Assert.False(await client.Locks.ReleaseAsync("jobs", new LockRelease { Fence = 1 }, Cancellation));
        _ = await Assert.ThrowsAsync<ArgumentException>(() => client.Locks.ReleaseAsync("jobs", new LockRelease(), Cancellation));
        Assert.Equal(
            ["/v1/locks/jobs?force=true&guard=drop", "/v1/locks/jobs?owner=me", "/v1/locks/jobs?fence=1"],
            _script.Requests.Select(asked => asked.Target));
    }

    private static Task<HttpResponseMessage> Problem(string json) => Task.FromResult(Script.Response(409, json, "application/problem+json", []));
}
