namespace RaftCluster.Tests.Node.Leases;

/// <summary>A clock that goes when it is told to, and fires what is due then, in order, before <see cref="Advance"/> returns.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _set = [];
    private TimeSpan _now;

    /// <summary>How many timers were made.</summary>
    public int Made { get; private set; }

    /// <summary>When each timer that is set will fire.</summary>
    public IReadOnlyList<TimeSpan> Due
    {
        get
        {
            lock (_lock)
            {
                return [.. _set.Select(timer => timer.At).Order()];
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _now.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(GetTimestamp());

    public void Advance(TimeSpan by)
    {
        TimeSpan until;
        lock (_lock)
        {
            until = _now + by;
        }

        while (Next(until) is { } timer)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Made++;
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private Timer? Next(TimeSpan until)
    {
        lock (_lock)
        {
            var next = _set.Where(timer => timer.At <= until).MinBy(timer => timer.At);
            if (next is null)
            {
                _now = until;
                return null;
            }

            _set.Remove(next);
            _now = next.At > _now ? next.At : _now;
            return next;
        }
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan At { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._set.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    At = time._now + dueTime;
                    time._set.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
