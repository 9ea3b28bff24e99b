namespace RaftCluster.Node.Consensus;

/// <summary>Waits for a number that only grows: an applied index, a revision.</summary>
internal sealed class ProgressGate(long reached)
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Waiter, long> _waiters = new();
    private long _reached = reached;

    /// <summary>The number reached.</summary>
    public long Reached => Volatile.Read(ref _reached);

    /// <summary>Raises the number and wakes who waited for it; a smaller number changes nothing.</summary>
    public void Advance(long to)
    {
        lock (_gate)
        {
            if (to <= _reached)
            {
                return;
            }

            Volatile.Write(ref _reached, to);
            while (_waiters.TryPeek(out var waiter, out var target) && target <= to)
            {
                _waiters.Dequeue();
                waiter.TrySetResult();
            }
        }
    }

    /// <summary>Completes when the number is at least <paramref name="target"/>.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public ValueTask WaitAsync(long target, CancellationToken patience)
    {
        if (Reached >= target)
        {
            return ValueTask.CompletedTask;
        }

        return patience.IsCancellationRequested ? ValueTask.FromCanceled(patience) : WaitSlowlyAsync(target, patience);
    }

    private async ValueTask WaitSlowlyAsync(long target, CancellationToken patience)
    {
        var waiter = new Waiter();
        lock (_gate)
        {
            if (_reached >= target)
            {
                return;
            }

            _waiters.Enqueue(waiter, target);
        }

        // A waiter that gives up stays queued, completed, until its number is reached: waits are bounded by patience,
        // so there are never more of them than requests in that time.
        await using var registration = patience.UnsafeRegister(
            static (state, token) => ((Waiter)state!).TrySetCanceled(token), waiter);
        await waiter.Task.ConfigureAwait(false);
    }

    private sealed class Waiter() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
}
