using System.Net;

namespace RaftCluster.Client;

/// <summary>Locks: <c>/v1/locks</c>. At most one holds a lock at a time; who was taken for dead is fenced off.</summary>
public sealed class LockClient
{
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(1);

    private readonly Dispatcher _dispatcher;
    private readonly Requests _requests;

    internal LockClient(Dispatcher dispatcher, Requests requests, LeaseClient leases) =>
        (_dispatcher, _requests, Leases) = (dispatcher, requests, leases);

    internal LeaseClient Leases { get; }

    /// <summary>Acquires a lock, and holds it until the handle is disposed of. Whoever waits is served in the order of coming.</summary>
    /// <param name="name">The lock's name: 1 to 1,024 bytes of UTF-8.</param>
    /// <param name="options">For how long, and as whom.</param>
    /// <param name="cancellation">Gives up the wait, and the place in the queue. The holding ends with the handle alone.</param>
    /// <exception cref="LockHeldException"><see cref="LockOptions.Wait"/> is over, and another holds it.</exception>
    /// <example>
    /// <code>
    /// await using var held = await client.Locks.AcquireAsync("jobs/nightly");
    /// // Only who holds the lock gets through with its fence, even if this process is paused for longer than the lock lives.
    /// await client.PutAsync("jobs/nightly/state", "running"u8.ToArray(), new() { Fences = [held.Fence] }, held.Lost);
    /// </code>
    /// </example>
    public async Task<LockHandle> AcquireAsync(string name, LockOptions? options = null, CancellationToken cancellation = default) =>
        await AcquiringAsync(name, options ?? new LockOptions(), Timeout.InfiniteTimeSpan, cancellation) switch
        {
            LockResult.Acquired acquired => acquired.Handle,
            LockResult.Held held => throw new LockHeldException(name, held),
            var other => throw new InvalidOperationException($"no such result: {other}"),
        };

    /// <summary>As <see cref="AcquireAsync"/>, but says by its result that another holds it; waits only when told to.</summary>
    /// <param name="name">The lock's name: 1 to 1,024 bytes of UTF-8.</param>
    /// <param name="options">For how long, and as whom.</param>
    /// <param name="cancellation">Gives up the wait, and the place in the queue. The holding ends with the handle alone.</param>
    public Task<LockResult> TryAcquireAsync(string name, LockOptions? options = null, CancellationToken cancellation = default) =>
        AcquiringAsync(name, options ?? new LockOptions(), TimeSpan.Zero, cancellation);

    /// <summary>What is known of a lock; null when there is nothing: no holder, no waiter, no guard.</summary>
    /// <param name="name">The lock's name.</param>
    /// <param name="options">How fresh.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<LockStatus?> GetAsync(string name, ReadOptions? options = null, CancellationToken cancellation = default)
    {
        var answer = await _dispatcher.SendAsync(
            _requests.Read("lock.get", LockTarget.Of(name), options ?? ReadOptions.Default), cancellation);
        if (answer.Status is HttpStatusCode.NotFound)
        {
            return null;
        }

        var body = Requests.Body(answer, ClientJson.Default.LockBody);
        return new LockStatus(body.Name, body.Owner, body.Fence, body.Lease, body.Since, body.Guard ?? [], body.Waiters ?? []);
    }

    /// <summary>Ends somebody's hold on a lock, or wait for it. One's own ends by disposing of the handle.</summary>
    /// <param name="name">The lock's name.</param>
    /// <param name="release">Whose.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether it was so: false when that hold had ended before.</returns>
    public async Task<bool> ReleaseAsync(string name, LockRelease release, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(release);
        var target = LockTarget.Release(name, release);
        var call = _requests.Write("lock.release", HttpMethod.Delete, target, default, new WriteOptions { Patience = release.Patience });
        try
        {
            return (await _dispatcher.SendAsync(call, cancellation)).Status is not HttpStatusCode.NotFound;
        }
        catch (RaftClusterException another) when (another.Problem?.Status is (int)HttpStatusCode.Conflict)
        {
            return false;
        }
    }

    private async Task<LockResult> AcquiringAsync(
        string name, LockOptions options, TimeSpan defaultWait, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.TimeToLive, TimeSpan.Zero);
        var owner = options.Owner ?? LockOwner.New();
        var acquisition = new LockAcquisition(_dispatcher, _requests, Leases, name, owner, options, options.Wait ?? defaultWait);
        try
        {
            var result = await acquisition.RunAsync(cancellation);
            return result is LockAcquisition.Granted granted
                ? new LockResult.Acquired(new LockHandle(this, new Fence(name, granted.Fence), owner, options.TimeToLive, granted))
                : (LockResult)((LockAcquisition.Taken)result).By;
        }
        catch (Exception) when (options.Owner is null)
        {
            // It may be granted for all that, now or later. Nobody else has this name, so nobody is robbed by its release.
            await ForgetAsync(name, owner);
            throw;
        }
    }

    private async Task ForgetAsync(string name, string owner)
    {
        try
        {
            _ = await ReleaseAsync(name, new LockRelease { Owner = owner, Patience = _farewell }, CancellationToken.None);
        }
        catch (RaftClusterException)
        {
            // What is left of it ends with its time to live.
        }
    }
}
