namespace RaftCluster.Client;

/// <summary>A lease that is kept alive until this is disposed of, which revokes it.</summary>
public sealed class LeaseHandle : IAsyncDisposable
{
    private readonly LeaseClient _leases;
    private readonly LeaseKeeper _keeper;

    internal LeaseHandle(LeaseClient leases, long id, LeaseKeeper keeper) => (_leases, Id, _keeper) = (leases, id, keeper);

    /// <summary>The lease's id, for <see cref="WriteOptions.Lease"/>.</summary>
    public long Id { get; }

    /// <summary>
    /// Cancelled when the lease ended, or may have: it was not confirmed for its whole time, counted from before the last
    /// confirmed request went out. Never cancelled by disposing.
    /// </summary>
    public CancellationToken Lost => _keeper.Lost;

    /// <summary>Stops keeping it alive, and revokes it. When the cluster can't be reached it runs out by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await _keeper.StopAsync())
        {
            try
            {
                _ = await _leases.RevokeAsync(Id, LeaseClient.Farewell(Lost));
            }
            catch (RaftClusterException)
            {
                // It ends by itself soon.
            }
        }
    }
}
