using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

/// <summary>Writes that carry a key: sent until their outcome is known, and done once.</summary>
public sealed class IdempotencyTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private static readonly (string, string) _replayed = ("Raft-Replayed", "true");

    private readonly VirtualTime _time = new();
    private readonly Script _script = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IEnumerable<string?> Keys => _script.Requests.Select(asked => asked.Header("Idempotency-Key"));

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task A_write_whose_connection_died_is_sent_again_elsewhere_with_its_key_and_says_that_it_was_a_replay()
    {
        using var client = _script.Break().Json(201, """{"revision":7,"version":1}""", _replayed).Client(_time);

        var result = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);

        Assert.Equal(new PutResult.Written(7, 1, Created: true) { Replayed = true }, result);
        Assert.Equal(["n1", "n2"], _script.Hosts);
        Assert.Equal(32, Keys.First()!.Length);
        _ = Assert.Single(Keys.Distinct());
    }

    [Fact]
    public async Task An_unknown_that_a_node_tells_is_asked_again_with_the_key()
    {
        using var client = _script
            .Problem(504, "commit-timeout", "unknown", retryable: true)
            .Json(200, """{"revision":9,"deleted":true}""", _replayed)
            .Client(_time);

        var result = await client.DeleteAsync("a", cancellation: Cancellation);

        Assert.Equal(new DeleteResult.Deleted(9, 1) { Replayed = true }, result);
        _ = Assert.Single(Keys.Distinct());
    }

    [Fact]
    public async Task A_node_that_keeps_silent_does_not_use_up_all_patience()
    {
        using var client = _script.FallSilent(_time, _patience / 2).Json(200, """{"revision":7,"version":2}""").Client(_time);

        var result = await client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation);

        Assert.Equal(new PutResult.Written(7, 2, Created: false), result);
        Assert.Equal(["n1", "n2"], _script.Hosts);
    }

    [Fact]
    public async Task When_the_patience_is_over_it_is_unknown_for_what_may_have_been_applied_before_may_still_be()
    {
        _ = _script.Break().Afterwards(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused"));
        using var client = _script.Client(_time);

        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation));

        Assert.Equal(Outcome.Unknown, unknown.Outcome);
        Assert.Contains("n2:8002: Connection refused", unknown.Message, StringComparison.Ordinal);
        Assert.InRange(_time.Now, _patience - TimeSpan.FromSeconds(1), _patience);
    }

    [Fact]
    public async Task A_refusal_that_says_nothing_of_the_key_leaves_an_earlier_attempt_unknown()
    {
        using var client = _script.Break().Problem(413, "too-large", "not-applied", retryable: false).Client(_time);

        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation));

        Assert.Contains("too-large", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(Outcome.NotApplied, Assert.IsType<RaftClusterException>(unknown.InnerException).Outcome);
    }

    [Fact]
    public async Task A_refusal_by_precondition_is_what_became_of_the_key()
    {
        using var client = _script.Break().Problem(412, "precondition-failed", "not-applied", retryable: false, ("ETag", "\"5\"")).Client(_time);

        var put = await client.PutAsync("a", "v"u8.ToArray(), new() { When = Precondition.Absent }, Cancellation);

        Assert.Equal(new PutResult.Refused(5), put);
    }

    [Fact]
    public async Task An_absent_row_is_what_became_of_the_key_but_an_absent_table_may_be_so_since()
    {
        using var client = _script
            .Break().Problem(404, "absent", "not-applied", retryable: false)
            .Break().Problem(404, "absent", "not-applied", retryable: false)
            .Break().Problem(404, "absent", "not-applied", retryable: false)
            .Break().Problem(404, "lease-absent", "not-applied", retryable: false)
            .Break().Problem(404, "table-absent", "not-applied", retryable: false)
            .Break().Problem(404, "table-absent", "not-applied", retryable: false)
            .Break().Problem(404, "table-absent", "not-applied", retryable: false)
            .Break().Problem(404, "table-absent", "not-applied", retryable: false)
            .Break().Problem(409, "table-conflict", "not-applied", retryable: false)
            .Break().Answer(404, "not found")
            .Client(_time);
        var table = client.Table("t");

        Assert.Equal(new DeleteResult.NotFound(), await client.DeleteAsync("a", cancellation: Cancellation));
        Assert.Equal(new DeleteResult.NotFound(), await table.DeleteAsync("a", cancellation: Cancellation));
        Assert.Equal(new PutResult.NotFound(), await table.PatchAsync("a", "{}"u8.ToArray(), cancellation: Cancellation));
        Assert.False(await client.Leases.RevokeAsync(7, cancellation: Cancellation));
        Assert.Equal(new DeleteResult.NotFound(), await client.Tables.DropAsync("t", cancellation: Cancellation));
        await UnknownAsync(() => table.DeleteAsync("a", cancellation: Cancellation));
        await UnknownAsync(() => table.InsertAsync("{}"u8.ToArray(), cancellation: Cancellation));
        await UnknownAsync(() => client.Transaction().Then(RowAddress.In("t", "a").Delete()).CommitAsync(cancellation: Cancellation));
        await UnknownAsync(() => client.Tables.DefineAsync("t", new TableDefinition(), cancellation: Cancellation));
        // Some other server, between the node and this one.
        await UnknownAsync(() => client.DeleteAsync("a", cancellation: Cancellation));

        static Task UnknownAsync(Func<Task> write) => Assert.ThrowsAsync<OutcomeUnknownException>(write);
    }

    [Fact]
    public async Task Each_write_has_a_key_of_its_own_or_the_given_one_or_none_and_reads_have_none()
    {
        using var client = _script.Afterwards(_ => Task.FromResult(
            Script.Response(200, """{"revision":7,"version":1,"deleted":true,"succeeded":true}""", "application/json", [("ETag", "\"7\""), ("Raft-Version", "1")])))
            .Client(_time);

        _ = await client.PutAsync("a", default, cancellation: Cancellation);
        _ = await client.PutAsync("a", default, cancellation: Cancellation);
        _ = await client.DeleteAsync("a", new() { Idempotency = Idempotency.Key("order-17") }, Cancellation);
        _ = await client.Transaction().CommitAsync(new() { Idempotency = Idempotency.None }, Cancellation);
        _ = await client.GetAsync("a", cancellation: Cancellation);

        var keys = Keys.ToArray();
        Assert.NotNull(keys[0]);
        Assert.NotNull(keys[1]);
        Assert.NotEqual(keys[0], keys[1]);
        Assert.Equal(["order-17", null, null], keys[2..]);
    }

    [Fact]
    public async Task A_client_that_is_not_idempotent_makes_no_keys_but_sends_given_ones()
    {
        using var client = new RaftClusterClient(new RaftClusterOptions
        {
            Endpoints = [Script.N1],
            Handler = _script.Json(200, """{"revision":7,"version":1}""").Json(200, """{"revision":7,"version":1}"""),
            Time = _time,
            Idempotent = false,
        });

        _ = await client.PutAsync("a", default, cancellation: Cancellation);
        _ = await client.PutAsync("a", default, new() { Idempotency = Idempotency.Key("k") }, Cancellation);

        Assert.Equal([null, "k"], Keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("tea☕")]
    [InlineData("line\n")]
    public void Not_every_text_is_a_key(string text) => Assert.ThrowsAny<ArgumentException>(() => Idempotency.Key(text));

    [Fact]
    public void A_key_has_a_longest_length()
    {
        _ = Idempotency.Key(new string('k', 128));
        var tooLong = Assert.Throws<ArgumentException>(() => Idempotency.Key(new string('k', 129)));
        Assert.Contains("at most 128", tooLong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fence_that_does_not_hold_is_told_apart_from_a_precondition()
    {
        using var client = _script.Problem(412, "fenced", "not-applied", retryable: false).Client(_time);

        var fenced = await Assert.ThrowsAsync<FencedException>(() => client.PutAsync(
            "a", default, new() { Fences = [new Fence("jobs/a;b", 17), new Fence("x", 3)] }, Cancellation));

        Assert.Equal(Outcome.NotApplied, fenced.Outcome);
        Assert.Contains("jobs/a%3Bb;17", _script.Requests[0].Header("Raft-Fence"), StringComparison.Ordinal);
        Assert.Contains("x;3", _script.Requests[0].Header("Raft-Fence"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jobs;1", "jobs", 1)]
    [InlineData("jobs/a%3Bb%2Cc;42", "jobs/a;b,c", 42)]
    public void A_fence_is_read_as_it_is_written(string text, string name, long number)
    {
        Assert.Equal(new Fence(name, number), Fence.Parse(text));
        Assert.Equal(text, new Fence(name, number).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("jobs")]
    [InlineData(";1")]
    [InlineData("jobs;")]
    [InlineData("jobs;0")]
    [InlineData("jobs;-1")]
    [InlineData("jobs;1;2")]
    public void Other_texts_are_no_fences(string text) => Assert.Throws<FormatException>(() => Fence.Parse(text));
}
