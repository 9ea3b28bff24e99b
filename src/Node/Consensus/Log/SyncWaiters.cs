namespace RaftCluster.Node.Consensus.Log;

/// <summary>Who waits for which index, ordered by index. Guarded by the log's lock; completed outside of it.</summary>
internal sealed class SyncWaiters
{
    private readonly SyncWaiterPool _pool = new();
    private readonly List<SyncWaiter> _waiting = [];
    private int _taken;

    public SyncWaiter Add(long target)
    {
        var waiter = _pool.Rent(target);
        // Nearly always the highest so far, hence the end.
        var at = _waiting.Count;
        while (at > _taken && _waiting[at - 1].Target > target)
        {
            at--;
        }

        _waiting.Insert(at, waiter);
        return waiter;
    }

    /// <summary>Moves those who wait for at most <paramref name="synced"/> into <paramref name="into"/>.</summary>
    public void TakeUpTo(long synced, List<SyncWaiter> into)
    {
        while (_taken < _waiting.Count && _waiting[_taken].Target <= synced)
        {
            into.Add(_waiting[_taken++]);
        }

        if (_taken > _waiting.Count / 2)
        {
            _waiting.RemoveRange(0, _taken);
            _taken = 0;
        }
    }

    /// <summary>Moves those who wait for at least <paramref name="index"/> into <paramref name="into"/>.</summary>
    public void TakeFrom(long index, List<SyncWaiter> into)
    {
        while (_waiting.Count > _taken && _waiting[^1].Target >= index)
        {
            into.Add(_waiting[^1]);
            _waiting.RemoveAt(_waiting.Count - 1);
        }
    }
}
