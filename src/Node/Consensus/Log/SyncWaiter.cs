using System.Threading.Tasks.Sources;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>One caller of <see cref="SegmentedLog.SyncAsync"/>, reused when he has his answer.</summary>
internal sealed class SyncWaiter(SyncWaiterPool pool) : IValueTaskSource<bool>
{
    // Continuations run elsewhere: one that works long on the writer's thread would hold up every other caller.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    /// <summary>The index waited for.</summary>
    public long Target { get; set; }

    public ValueTask<bool> Task => new(this, _core.Version);

    public void Complete(bool synced) => _core.SetResult(synced);

    public void Fail(Exception failure) => _core.SetException(failure);

    public bool GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            pool.Return(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);
}

/// <summary>Waiters to use again.</summary>
internal sealed class SyncWaiterPool
{
    private const int Most = 1024;

    private readonly Stack<SyncWaiter> _idle = [];
    private readonly Lock _gate = new();

    public SyncWaiter Rent(long target)
    {
        SyncWaiter? waiter;
        lock (_gate)
        {
            _idle.TryPop(out waiter);
        }

        waiter ??= new SyncWaiter(this);
        waiter.Target = target;
        return waiter;
    }

    public void Return(SyncWaiter waiter)
    {
        lock (_gate)
        {
            if (_idle.Count < Most)
            {
                _idle.Push(waiter);
            }
        }
    }
}
