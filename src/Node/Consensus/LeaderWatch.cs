namespace RaftCluster.Node.Consensus;

/// <summary>Waits for a leader: looked for whenever consensus says that something changed.</summary>
/// <param name="leader">Who leads now, as far as this node knows.</param>
internal sealed class LeaderWatch(Func<Member?> leader)
{
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Member? _seen;

    /// <summary>Something changed: wakes who waits if it concerns the leader.</summary>
    public void Look()
    {
        var now = leader();
        if (Interlocked.Exchange(ref _seen, now) != now)
        {
            Interlocked.Exchange(ref _change, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>The leader, once there is one.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public ValueTask<Member> WaitAsync(CancellationToken patience) =>
        leader() is { } known ? ValueTask.FromResult(known) : WaitSlowlyAsync(patience);

    /// <summary>Waits until another than <paramref name="known"/> leads, or nobody does, but not longer than <paramref name="limit"/>.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public async ValueTask WaitForChangeAsync(Member? known, TimeSpan limit, CancellationToken patience)
    {
        var changed = Volatile.Read(ref _change).Task;
        if (leader() == known)
        {
            try
            {
                await changed.WaitAsync(limit, patience).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // It may have committed in its own term meanwhile, which nobody tells a follower: ask again.
            }
        }
    }

    /// <summary>Waits until the term that this node leads is another than <paramref name="known"/>; looks by itself after each <paramref name="limit"/>.</summary>
    /// <returns>That term; 0 when it leads none.</returns>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public async ValueTask<long> WaitForTermAsync(Func<long> term, long known, TimeSpan limit, CancellationToken patience)
    {
        while (true)
        {
            patience.ThrowIfCancellationRequested();
            var changed = Volatile.Read(ref _change).Task;
            if (term() is var now && now != known)
            {
                return now;
            }

            // Between two looks the same member may have lost the leadership and have it again.
            await changed.WaitAsync(limit, patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask<Member> WaitSlowlyAsync(CancellationToken patience)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _change).Task;
            if (leader() is { } known)
            {
                return known;
            }

            await changed.WaitAsync(patience).ConfigureAwait(false);
        }
    }
}
