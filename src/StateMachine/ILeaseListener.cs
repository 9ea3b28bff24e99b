namespace RaftCluster.StateMachine;

/// <summary>
/// Hears of leases as they come and go. Called by the thread that applies, after what it tells was written; must not
/// throw, wait, or write.
/// </summary>
public interface ILeaseListener
{
    /// <summary>There is a new lease.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="ttlMs">How long it lasts without a sign of life, in milliseconds.</param>
    void Granted(long id, long ttlMs);

    /// <summary>A lease is gone.</summary>
    /// <param name="id">Its id.</param>
    void Ended(long id);

    /// <summary>Other rows took the place of all before: what leases there are stands in <see cref="SystemTables.Leases"/>.</summary>
    void Reset();
}
