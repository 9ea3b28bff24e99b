using System.Threading.Tasks.Sources;

namespace RaftCluster.Node.Changes;

/// <summary>
/// A reader that waits for what comes next. The hub marks the first revision that is of interest to it and wakes it; what
/// it does then runs on the thread that woke it until it has to wait, which saves a thousand readers a thousand hops.
/// </summary>
/// <param name="filter">What it wants.</param>
internal sealed class Subscriber(ChangeFilter filter) : IValueTaskSource
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Woken = 2;

    /// <summary>Up to so many marks are kept one by one: who wants one row in a thousand needn't look at the others.</summary>
    public const int Few = 16;

    private readonly Lock _marks = new();
    private readonly long[] _marked = new long[Few];
    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;
    private long _first;
    private long _last;
    private int _count;
    private volatile bool _isReset;

    /// <summary>What it wants.</summary>
    public ChangeFilter Filter => filter;

    /// <summary>The first revision that the hub cares for; the ones before it reads from the store. The hub sets it.</summary>
    public long Start { get; private set; }

    /// <summary>The last batch of revisions that touched it. For the hub alone.</summary>
    public long Batch { get; set; }

    /// <summary>The last gathering of readers that had it. For the hub alone.</summary>
    public long Pass { get; set; }

    /// <summary>The first revision that is marked; 0 for none.</summary>
    public long First => Volatile.Read(ref _first);

    /// <summary>Whether the hub has let it go: what is missing is in the store, or gone.</summary>
    public bool IsReset => _isReset;

    /// <summary>Begins. Called before the hub knows it, or under its lock.</summary>
    public void Begin(long start)
    {
        Start = start;
        _isReset = false;
        lock (_marks)
        {
            (_first, _last, _count) = (0, 0, 0);
        }
    }

    /// <summary>The hub lets it go.</summary>
    public void Reset() => _isReset = true;

    /// <summary>A revision is of interest. Called by the hub alone, in their order.</summary>
    public void Mark(long revision)
    {
        lock (_marks)
        {
            _first = _first == 0 ? revision : _first;
            _last = revision;
            if (_count < Few)
            {
                _marked[_count] = revision;
            }

            _count++;
        }
    }

    /// <summary>Takes what is of interest up to a revision.</summary>
    /// <param name="reached">Up to here the hub has passed on.</param>
    /// <param name="few">Cleared, and given each of them while they are few.</param>
    /// <returns>The first one that may be, and any may be after it where <paramref name="few"/> has none; 0 for none.</returns>
    public long Take(long reached, List<long> few)
    {
        few.Clear();
        lock (_marks)
        {
            var first = _first;
            if (first == 0 || first > reached)
            {
                return 0;
            }

            // What was marked behind stays marked: the hub may be in the middle of a batch that it has not passed on yet.
            if (_count <= Few)
            {
                var taken = 0;
                while (taken < _count && _marked[taken] <= reached)
                {
                    few.Add(_marked[taken++]);
                }

                _count -= taken;
                Array.Copy(_marked, taken, _marked, 0, _count);
                _first = _count > 0 ? _marked[0] : 0;
            }
            else
            {
                _first = _last > reached ? reached + 1 : 0;
                _count = _first > 0 ? _count : 0;
            }

            return first;
        }
    }

    /// <summary>There is something to do. Safe from any thread.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _state, Woken) == Waiting)
        {
            Volatile.Write(ref _state, Idle);
            _source.SetResult(true);
        }
    }

    /// <summary>Waits until there is something to do. One wait at a time.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, _source.Version);
        }

        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
