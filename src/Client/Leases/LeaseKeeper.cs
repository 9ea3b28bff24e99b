namespace RaftCluster.Client;

/// <summary>
/// Keeps a lease alive: at a third of its time a new sign of life, so that two more tries fit before it ends. What the node
/// counts begins after the request went out, so a time counted from then can only be too short, and "lost" is never said
/// too late, whatever the network did.
/// </summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly LeaseClient _leases;
    private readonly long _id;
    private readonly TimeSpan _timeToLive;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _end;
    private readonly Task _keeping;
    private long _countedFrom;
    private int _stopped;

    internal LeaseKeeper(LeaseClient leases, long id, TimeSpan timeToLive, long countedFrom)
    {
        (_leases, _id, _timeToLive, _time, _countedFrom) = (leases, id, timeToLive, leases.Time, countedFrom);
        Lost = _lost.Token;
        _end = _time.CreateTimer(static keeper => ((LeaseKeeper)keeper!).AtEnd(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        SetEnd();
        // The caller's context, its trace above all, must not last as long as the lease.
        using (ExecutionContext.SuppressFlow())
        {
            _keeping = Task.Run(KeepAsync);
        }
    }

    internal CancellationToken Lost { get; }

    /// <summary>Ends the keeping, but not the lease.</summary>
    /// <returns>Whether it was this call that ended it.</returns>
    internal async Task<bool> StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 1)
        {
            return false;
        }

        await _stop.CancelAsync();
        await _keeping;
        await _end.DisposeAsync();
        _stop.Dispose();
        return true;
    }

    public async ValueTask DisposeAsync() => _ = await StopAsync();

    private async Task KeepAsync()
    {
        var pause = Positive((_timeToLive / 3) - Elapsed);
        try
        {
            while (true)
            {
                await Task.Delay(pause, _time, _stop.Token);
                var left = _timeToLive - Elapsed;
                if (left <= TimeSpan.Zero || Lost.IsCancellationRequested)
                {
                    Lose();
                    return;
                }

                try
                {
                    // Half of what is left, so that a node that keeps silent does not use it all up.
                    if (await _leases.KeepAsync(_id, left / 2, _stop.Token) is not { } sentAt)
                    {
                        Lose();
                        return;
                    }

                    Volatile.Write(ref _countedFrom, sentAt);
                    SetEnd();
                    pause = Positive((_timeToLive / 3) - Elapsed);
                }
                catch (RaftClusterException)
                {
                    // Nobody served it: tried again until the time is over, which ends the lease here whatever the cause was.
                    pause = _timeToLive / 20;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private TimeSpan Elapsed => _time.GetElapsedTime(Volatile.Read(ref _countedFrom));

    private void SetEnd() => _ = _end.Change(Positive(_timeToLive - Elapsed), Timeout.InfiniteTimeSpan);

    private void AtEnd()
    {
        // A sign of life may have come while the timer fired, and a timer may fire a little early.
        if (Elapsed < _timeToLive)
        {
            SetEnd();
        }
        else
        {
            Lose();
        }
    }

    private void Lose()
    {
        if (Volatile.Read(ref _stopped) == 0)
        {
            // Not on this thread: what those who wait for it do is theirs.
            _ = _lost.CancelAsync();
        }
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}
