using System.Globalization;
using System.Net;
using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>Leases: <c>/v1/leases</c>. A lease runs out unless it is kept alive, and takes the rows put under it with it.</summary>
public sealed class LeaseClient
{
    private const string Path = "/v1/leases";

    private readonly Dispatcher _dispatcher;
    private readonly Requests _requests;

    internal LeaseClient(Dispatcher dispatcher, Requests requests) => (_dispatcher, _requests) = (dispatcher, requests);

    internal TimeProvider Time => _dispatcher.Time;

    /// <summary>Grants a lease, and keeps it alive until the handle is disposed of, which ends it.</summary>
    /// <param name="timeToLive">How long it lives after the last sign of life: a second to a day.</param>
    /// <param name="owner">Whose it is, for those who look; null for nobody's.</param>
    /// <param name="options">How durable, under which key.</param>
    /// <param name="cancellation">Gives up the grant; the keeping ends with the handle.</param>
    /// <example>
    /// <code>
    /// await using var lease = await client.Leases.HoldAsync(TimeSpan.FromSeconds(10));
    /// await client.PutAsync("services/web/1", "10.0.0.7:80"u8.ToArray(), new() { Lease = lease.Id });
    /// await ServeAsync(lease.Lost);
    /// </code>
    /// </example>
    public async Task<LeaseHandle> HoldAsync(
        TimeSpan timeToLive, string? owner = null, WriteOptions? options = null, CancellationToken cancellation = default)
    {
        var (grant, sentAt) = await GrantingAsync(timeToLive, owner, options, cancellation);
        // A replayed answer is of an attempt before the one that brought it, and may have used up some of the term.
        var countedFrom = grant.Replayed ? await KeepAsync(grant.Id, patience: null, cancellation) ?? sentAt : sentAt;
        return new LeaseHandle(this, grant.Id, new LeaseKeeper(this, grant.Id, grant.TimeToLive, countedFrom));
    }

    /// <summary>Grants a lease, which the caller keeps alive.</summary>
    /// <param name="timeToLive">How long it lives after the last sign of life: a second to a day.</param>
    /// <param name="owner">Whose it is, for those who look; null for nobody's.</param>
    /// <param name="options">How durable, under which key.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<LeaseGrant> GrantAsync(
        TimeSpan timeToLive, string? owner = null, WriteOptions? options = null, CancellationToken cancellation = default) =>
        (await GrantingAsync(timeToLive, owner, options, cancellation)).Grant;

    /// <summary>Gives a lease its whole time again.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether it is alive; false when it ran out or was revoked.</returns>
    public async Task<bool> KeepAliveAsync(long id, CancellationToken cancellation = default) =>
        await KeepAsync(id, patience: null, cancellation) is not null;

    /// <summary>What is known of a lease; null when there is none.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<LeaseStatus?> GetAsync(long id, CancellationToken cancellation = default)
    {
        // The leader alone knows how long it has left.
        var options = new ReadOptions { Consistency = Consistency.Linearizable };
        var answer = await _dispatcher.SendAsync(_requests.Read("lease.get", Target(id), options), cancellation);
        if (answer.Status is HttpStatusCode.NotFound)
        {
            return null;
        }

        var body = Requests.Body(answer, ClientJson.Default.LeaseBody);
        return new LeaseStatus(
            body.Id, body.Ttl, body.RemainingMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null, body.Owner, body.Rows ?? []);
    }

    /// <summary>Ends a lease, with all its rows, in one transaction.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="options">How durable, under which key.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> RevokeAsync(long id, WriteOptions? options = null, CancellationToken cancellation = default)
    {
        var call = _requests.Write("lease.revoke", HttpMethod.Delete, Target(id), default, options ?? WriteOptions.Default);
        return (await _dispatcher.SendAsync(call, cancellation)).Status is not HttpStatusCode.NotFound;
    }

    /// <summary>How a last word is sent: of what was lost already, only in case it was not.</summary>
    internal static WriteOptions Farewell(CancellationToken lost) =>
        new() { Patience = lost.IsCancellationRequested ? TimeSpan.FromSeconds(1) : null };

    /// <summary>When the request went out that gave the lease its whole time again; null when there is no such lease.</summary>
    internal async Task<long?> KeepAsync(long id, TimeSpan? patience, CancellationToken cancellation)
    {
        var options = new WriteOptions { Idempotency = Idempotency.None, Patience = patience };
        var call = _requests.Write("lease.keep-alive", HttpMethod.Put, Target(id), default, options) with { IsRepeatable = true };
        var answer = await _dispatcher.SendAsync(call, cancellation);
        return answer.Status is HttpStatusCode.NotFound ? null : answer.SentAt;
    }

    private async Task<(LeaseGrant Grant, long SentAt)> GrantingAsync(
        TimeSpan timeToLive, string? owner, WriteOptions? options, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        var request = JsonSerializer.SerializeToUtf8Bytes(
            new LeaseRequest(WireNames.Of(timeToLive), owner), ClientJson.Default.LeaseRequest);
        var call = _requests.Write(
            "lease.grant", HttpMethod.Post, Path, request, (options ?? WriteOptions.Default) with { ContentType = "application/json" });
        var answer = await _dispatcher.SendAsync(call, cancellation);
        if (answer.Status is HttpStatusCode.NotFound)
        {
            throw new RaftClusterException(answer.Failure, endpoint: null);
        }

        var body = Requests.Body(answer, ClientJson.Default.LeaseBody, Outcome.Applied);
        return (new LeaseGrant(body.Id, body.Ttl) { Replayed = answer.Headers.Replayed }, answer.SentAt);
    }

    private static string Target(long id) => string.Create(CultureInfo.InvariantCulture, $"{Path}/{id}");
}

/// <summary>A lease that was granted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="TimeToLive">How long it lives after the last sign of life.</param>
public sealed record LeaseGrant(long Id, TimeSpan TimeToLive)
{
    /// <summary>Whether this is the kept answer of an earlier attempt with the same idempotency key.</summary>
    public bool Replayed { get; init; }
}

/// <summary>What is known of a lease.</summary>
/// <param name="Id">Its id.</param>
/// <param name="TimeToLive">How long it lives after the last sign of life.</param>
/// <param name="Remaining">How long it has left, as the leader counts.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Rows">The rows that go with it.</param>
public sealed record LeaseStatus(long Id, TimeSpan TimeToLive, TimeSpan? Remaining, string? Owner, IReadOnlyList<LeaseRow> Rows);

/// <summary>A row that goes with a lease.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Key">Its key.</param>
public sealed record LeaseRow(string Table, string Key);
