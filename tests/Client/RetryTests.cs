using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class RetryTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private static readonly WriteOptions _withoutKey = new() { Idempotency = Idempotency.None };

    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task A_write_that_reached_nobody_goes_to_the_next_node_at_once()
    {
        using var client = _script.Refuse().Json(201, """{"revision":7,"version":1}""").Client(_time);

        var result = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);

        Assert.Equal(new PutResult.Written(7, 1, Created: true), result);
        Assert.Equal(["n1", "n2"], _script.Hosts);
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task A_write_that_was_certainly_not_applied_is_sent_again_after_a_pause()
    {
        using var client = _script
            .Problem(503, "no-leader", "not-applied", retryable: true)
            .Json(200, """{"revision":8,"version":2}""")
            .Client(_time);

        var result = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);

        Assert.Equal(new PutResult.Written(8, 2, Created: false), result);
        _ = Assert.Single(_time.Pauses);
    }

    [Fact]
    public async Task A_write_without_a_key_whose_connection_died_is_unknown_and_never_sent_again()
    {
        using var client = _script.Break().Client(_time);

        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => client.PutAsync("a", "v"u8.ToArray(), _withoutKey, Cancellation));

        Assert.Equal(Outcome.Unknown, unknown.Outcome);
        Assert.Equal(Script.N1, unknown.Endpoint);
        _ = Assert.Single(_script.Requests);
    }

    [Fact]
    public async Task A_write_without_a_key_and_without_an_answer_in_time_is_unknown()
    {
        using var client = _script.FallSilent(_time, _patience).Client(_time);

        _ = await Assert.ThrowsAsync<OutcomeUnknownException>(() => client.DeleteAsync("a", _withoutKey, Cancellation));

        _ = Assert.Single(_script.Requests);
    }

    [Fact]
    public async Task An_unknown_that_the_node_tells_keeps_its_code()
    {
        using var client = _script.Problem(504, "commit-timeout", "unknown", retryable: false).Client(_time);

        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => client.PutAsync("a", "v"u8.ToArray(), _withoutKey, Cancellation));

        Assert.Equal("commit-timeout", unknown.Code);
        _ = Assert.Single(_script.Requests);
    }

    [Fact]
    public async Task A_read_whose_connection_died_goes_elsewhere()
    {
        using var client = _script.Break().Answer(200, "v", ("ETag", "\"3\""), ("Raft-Version", "1")).Client(_time);

        var (row, _) = await client.GetAsync("a", cancellation: Cancellation);

        Assert.Equal("v", row!.Text);
        Assert.Equal(3, row.Revision);
        Assert.Equal(["n1", "n2"], _script.Hosts);
    }

    [Fact]
    public async Task A_node_that_takes_too_long_with_a_read_does_not_use_up_all_patience()
    {
        using var client = _script
            .FallSilent(_time, _patience / 2)
            .Answer(200, "v", ("ETag", "\"3\""), ("Raft-Version", "1"))
            .Client(_time);

        var (row, _) = await client.GetAsync("a", cancellation: Cancellation);

        Assert.NotNull(row);
        Assert.Equal("4000ms", _script.Requests[0].Header("Raft-Wait"));
        Assert.Equal("2000ms", _script.Requests[1].Header("Raft-Wait"));
    }

    [Fact]
    public async Task When_nobody_can_be_reached_giving_up_names_them_all_within_the_patience()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _ = _script.Refuse();
        }

        using var client = _script.Client(_time);

        var unavailable = await Assert.ThrowsAsync<ClusterUnavailableException>(
            () => client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation));

        Assert.Equal(Outcome.NotApplied, unavailable.Outcome);
        Assert.Contains("n1:8001: Connection refused", unavailable.Message, StringComparison.Ordinal);
        Assert.Contains("n3:8003: Connection refused", unavailable.Message, StringComparison.Ordinal);
        Assert.InRange(_time.Now, _patience - TimeSpan.FromSeconds(1), _patience);
        // Three asked, one pause, three asked, …
        Assert.Equal(_script.Requests.Count, 3 * (_time.Pauses.Count + 1));
    }

    [Fact]
    public async Task No_leader_within_the_patience_is_told_with_the_nodes_own_words()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _ = _script.Problem(503, "no-leader", "not-applied", retryable: true);
        }

        using var client = _script.Client(_time);

        var unavailable = await Assert.ThrowsAsync<ClusterUnavailableException>(
            () => client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation));

        Assert.Equal("no-leader", unavailable.Code);
        Assert.Equal(Outcome.NotApplied, unavailable.Outcome);
        Assert.True(unavailable.Retryable);
    }

    [Fact]
    public async Task Retry_After_is_heeded()
    {
        using var client = _script
            .Problem(429, "overloaded", "not-applied", retryable: true, ("Retry-After", "2"))
            .Json(200, """{"revision":8,"version":2}""")
            .Client(_time);

        _ = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);

        Assert.Equal([TimeSpan.FromSeconds(2)], _time.Pauses);
    }

    [Fact]
    public async Task A_refusal_of_the_request_is_thrown_with_its_code_and_not_repeated()
    {
        using var client = _script.Problem(413, "too-large", "not-applied", retryable: false).Client(_time);

        var refused = await Assert.ThrowsAsync<RaftClusterException>(
            () => client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation));

        Assert.Equal("too-large", refused.Code);
        Assert.Equal(413, refused.Problem!.Status);
        Assert.Equal(Outcome.NotApplied, refused.Outcome);
    }

    [Fact]
    public async Task A_precondition_that_does_not_hold_is_a_result()
    {
        using var client = _script
            .Problem(412, "precondition-failed", "not-applied", retryable: false, ("ETag", "\"5\""))
            .Problem(412, "precondition-failed", "not-applied", retryable: false)
            .Client(_time);

        var put = await client.PutAsync("a", "v"u8.ToArray(), new() { When = Precondition.Absent }, Cancellation);
        var delete = await client.DeleteAsync("a", new() { When = Precondition.AtRevision(4) }, Cancellation);

        Assert.Equal(new PutResult.Refused(5), put);
        Assert.Equal(new DeleteResult.Refused(null), delete);
        Assert.Equal("*", _script.Requests[0].Header("If-None-Match"));
        Assert.Equal("\"4\"", _script.Requests[1].Header("If-Match"));
    }

    [Fact]
    public async Task Cancelling_a_pause_ends_the_call()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var client = _script
            .Then(_ =>
            {
                stop.Cancel();
                throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
            })
            .Client(_time, Script.N1);

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync("a", cancellation: stop.Token));
        _ = Assert.Single(_script.Requests);
    }

    [Fact]
    public async Task A_404_of_some_other_web_server_is_not_a_missing_row()
    {
        using var client = _script
            .Then(_ => Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.NotFound)))
            .Answer(404)
            .Client(_time);

        var stranger = await Assert.ThrowsAsync<RaftClusterException>(() => client.GetAsync("a", cancellation: Cancellation));
        Assert.Contains("n1:8001", stranger.Message, StringComparison.Ordinal);

        Assert.Null((await client.GetAsync("a", cancellation: Cancellation)).Row);
    }

    [Fact]
    public async Task An_answer_that_is_no_nodes_says_that_the_write_was_applied()
    {
        using var client = _script.Json(200, "<html>").Client(_time);

        var strange = await Assert.ThrowsAsync<RaftClusterException>(
            () => client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation));

        Assert.Equal(Outcome.Applied, strange.Outcome);
    }
}
