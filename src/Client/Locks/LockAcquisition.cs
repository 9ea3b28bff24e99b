using System.Net;

namespace RaftCluster.Client;

/// <summary>One owner's way to a lock: asked for, and asked for again by the same name, until it is granted or the wait is over.</summary>
internal sealed class LockAcquisition(
    Dispatcher dispatcher, Requests requests, LeaseClient leases, string name, string owner, LockOptions options, TimeSpan wait)
{
    /// <summary>How long one request may wait: well within what a node allows, and long, for the place in the queue goes with it.</summary>
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan _patience = options.Patience ?? requests.Patience;

    internal abstract record End;

    /// <summary>It is held, by a lease whose time counts from there at the earliest.</summary>
    internal sealed record Granted(long Fence, long Lease, long CountedFrom) : End
    {
        /// <summary>Whether the one request that was sent made the grant, so that its lease is no older.</summary>
        internal bool IsNew { get; init; }
    }

    internal sealed record Taken(LockResult.Held By) : End;

    internal async Task<End> RunAsync(CancellationToken cancellation)
    {
        var started = dispatcher.Time.GetTimestamp();
        for (var first = true; ; first = false)
        {
            var end = await AskAsync(Left(started), first, cancellation);
            if (end is Granted granted)
            {
                if (await ConfirmAsync(granted, cancellation) is { } confirmed)
                {
                    return confirmed;
                }
            }
            else if (Left(started) == TimeSpan.Zero)
            {
                return end;
            }

            // A node may end a wait early, when it stops or loses its leadership. The same owner keeps its place meanwhile.
            await Task.Delay(_pause, dispatcher.Time, cancellation);
        }
    }

    private TimeSpan Left(long started)
    {
        var left = wait == Timeout.InfiniteTimeSpan ? _longestWait : wait - dispatcher.Time.GetElapsedTime(started);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > _longestWait ? _longestWait : left;
    }

    private async Task<End> AskAsync(TimeSpan left, bool first, CancellationToken cancellation)
    {
        var write = new WriteOptions { Idempotency = Idempotency.None, Patience = left + _patience };
        var call = requests.Write("lock.acquire", HttpMethod.Put, LockTarget.Acquire(name, owner, options, left), default, write) with
        {
            IsRepeatable = true,
            // The wait is in the query; what an earlier attempt waited is taken off it.
            StatesWait = false,
            TargetWithin = remaining => LockTarget.Acquire(name, owner, options, remaining - _patience < left ? remaining - _patience : left),
        };
        try
        {
            var answer = await dispatcher.SendAsync(call, cancellation);
            if (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed)
            {
                throw new RaftClusterException(answer.Failure, endpoint: null);
            }

            var body = Requests.Body(answer, ClientJson.Default.LockBody, Outcome.Applied);
            return new Granted(
                body.Fence, body.Lease ?? throw Requests.Malformed("the lock's lease", Outcome.Applied), answer.SentAt)
            {
                IsNew = first && answer.Attempts == 1 && options.Owner is null,
            };
        }
        catch (RaftClusterException held) when (held.Code is RetryPolicy.HeldCode)
        {
            return new Taken(new LockResult.Held(held.Problem!.Holder, held.Problem.Fence, held.Problem.Since));
        }
    }

    /// <summary>
    /// The grant, counted from a moment that is not long past; null when its lease has ended since. Nobody knows when a waiter
    /// was granted the lock, and one who holds it already, by an attempt whose answer was lost or by a given name, has the
    /// lease from then. A sign of life makes it young.
    /// </summary>
    private async Task<Granted?> ConfirmAsync(Granted granted, CancellationToken cancellation) =>
        granted.IsNew && dispatcher.Time.GetElapsedTime(granted.CountedFrom) < options.TimeToLive / 3
            ? granted
            : await leases.KeepAsync(granted.Lease, _patience, cancellation) is { } sentAt
                ? granted with { CountedFrom = sentAt }
                : null;
}
