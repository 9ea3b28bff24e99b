using System.Threading.Channels;

namespace RaftCluster.Tests.Client;

/// <summary>
/// A clock that jumps: a pause ends at once and takes the clock with it; a time limit fires when the pauses have added
/// up to it. Nothing is waited for. Or, not jumping, one that stands still until the test moves it.
/// </summary>
internal sealed class VirtualTime(bool jumps = true) : TimeProvider
{
    private readonly Channel<TimeSpan> _begun = Channel.CreateUnbounded<TimeSpan>();
    private readonly Lock _lock = new();
    private readonly List<Timer> _waiting = [];
    private TimeSpan _now;

    internal List<TimeSpan> Pauses { get; } = [];

    internal TimeSpan Now
    {
        get
        {
            lock (_lock)
            {
                return _now;
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Now;

    /// <summary>Ends when the next pause has begun, each told once: then the clock may be moved to its end.</summary>
    internal Task<TimeSpan> NextPauseAsync(CancellationToken cancellation) => _begun.Reader.ReadAsync(cancellation).AsTask();

    public void Advance(TimeSpan by)
    {
        Timer[] due;
        lock (_lock)
        {
            _now += by;
            due = [.. _waiting.Where(timer => timer.At <= _now)];
            _ = _waiting.RemoveAll(timer => timer.At <= _now);
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // Task.Delay hands over its task, a CancellationTokenSource itself: pauses and limits are told apart by that.
        var timer = new Timer(this, callback, state, isPause: state is Task);
        _ = timer.Change(dueTime, period);
        return timer;
    }

    private void Start(Timer timer, TimeSpan due)
    {
        if (due == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        lock (_lock)
        {
            timer.At = _now + due;
            _waiting.Add(timer);
        }

        if (timer.IsPause)
        {
            lock (_lock)
            {
                Pauses.Add(due);
            }

            _ = _begun.Writer.TryWrite(due);
            if (jumps)
            {
                _ = Task.Run(() => Advance(due));
            }
        }
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state, bool isPause) : ITimer
    {
        internal bool IsPause => isPause;

        internal TimeSpan At { get; set; }

        internal void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Remove();
            time.Start(this, dueTime);
            return true;
        }

        public void Dispose() => Remove();

        public ValueTask DisposeAsync()
        {
            Remove();
            return ValueTask.CompletedTask;
        }

        private void Remove()
        {
            lock (time._lock)
            {
                _ = time._waiting.Remove(this);
            }
        }
    }
}
