namespace RaftCluster.Client;

/// <summary>A lock that is held until this is disposed of, or lost.</summary>
public sealed class LockHandle : IAsyncDisposable
{
    private readonly LockClient _locks;
    private readonly LeaseKeeper _keeper;

    internal LockHandle(LockClient locks, Fence fence, string owner, TimeSpan timeToLive, LockAcquisition.Granted granted)
    {
        (_locks, Fence, Owner, Lease) = (locks, fence, owner, granted.Lease);
        _keeper = new LeaseKeeper(locks.Leases, granted.Lease, timeToLive, granted.CountedFrom);
    }

    /// <summary>The lock's name.</summary>
    public string Name => Fence.Lock;

    /// <summary>Goes with every write that only the holder may do: <see cref="WriteOptions.Fences"/>.</summary>
    public Fence Fence { get; }

    /// <summary>As whom it is held.</summary>
    public string Owner { get; }

    /// <summary>The lease that keeps it: rows put under it go away when the hold ends.</summary>
    public long Lease { get; }

    /// <summary>
    /// Cancelled when the lock was lost, or may have been: its lease was not confirmed for its whole time, counted from before
    /// the last confirmed request went out. What was begun under the lock must stop then; what must not be done by two also
    /// needs the <see cref="Fence"/>, for a process can be paused between looking and writing. Never cancelled by releasing.
    /// </summary>
    public CancellationToken Lost => _keeper.Lost;

    /// <summary>Releases the lock: the next in the queue has it.</summary>
    /// <param name="cancellation">Gives up; the lock then ends with its time to live.</param>
    /// <returns>Whether it was held until now; false when it had been lost, or released before.</returns>
    public async Task<bool> ReleaseAsync(CancellationToken cancellation = default) =>
        await _keeper.StopAsync()
        && await _locks.ReleaseAsync(
            Name, new LockRelease { Fence = Fence.Number, Patience = LeaseClient.Farewell(Lost).Patience }, cancellation);

    /// <summary>As <see cref="ReleaseAsync"/>. When the cluster can't be reached, the lock ends with its time to live.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _ = await ReleaseAsync();
        }
        catch (RaftClusterException)
        {
            // It ends by itself soon.
        }
    }
}
