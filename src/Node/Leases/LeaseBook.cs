namespace RaftCluster.Node.Leases;

/// <summary>
/// When each lease ends, as one leader counts. A lease has one place in a heap, which is moved only when it comes up, so
/// that keeping a lease alive costs a look-up and no more. Moments are times since some fixed one. Not thread-safe.
/// </summary>
internal sealed class LeaseBook
{
    /// <summary>How many places of leases that ended early the heap may hold beyond those it needs.</summary>
    private const int SpareRoom = 1024;

    private readonly Dictionary<long, Entry> _leases = [];
    private PriorityQueue<long, TimeSpan> _due = new();

    /// <summary>How many leases there are.</summary>
    public int Count => _leases.Count;

    /// <summary>How many places the heap has.</summary>
    public int Places => _due.Count;

    /// <summary>When to look again; null when nothing will come up. It may be too early, never too late.</summary>
    public TimeSpan? Next => _due.TryPeek(out _, out var at) ? at : null;

    /// <summary>Notes a lease with a full term from <paramref name="now"/> on. One that is known stays as it is.</summary>
    public void Add(long id, TimeSpan term, TimeSpan now)
    {
        if (_leases.TryAdd(id, new Entry { Term = term, Ends = now + term }))
        {
            _due.Enqueue(id, now + term);
        }
    }

    /// <summary>The lease is no more.</summary>
    public void Remove(long id)
    {
        _leases.Remove(id);
        if (_due.Count > (2 * _leases.Count) + SpareRoom)
        {
            // Leases that are ended long before their time would fill the heap until then.
            _due = new PriorityQueue<long, TimeSpan>(
                _leases.Where(lease => !lease.Value.IsEnding).Select(lease => (lease.Key, lease.Value.Ends)));
        }
    }

    /// <summary>Gives a lease a full term from <paramref name="from"/> on; never takes away what it has.</summary>
    /// <returns>False when there is no such lease, or it is being ended.</returns>
    public bool KeepAlive(long id, TimeSpan from)
    {
        if (!_leases.TryGetValue(id, out var lease) || lease.IsEnding)
        {
            return false;
        }

        // Its place in the heap is now too early, and is moved when it comes up.
        lease.Ends = Later(lease.Ends, from + lease.Term);
        return true;
    }

    /// <summary>Keeps a lease alive until it is let go as often as it was held.</summary>
    /// <returns>False when there is no such lease, or it is being ended.</returns>
    public bool Hold(long id)
    {
        if (!_leases.TryGetValue(id, out var lease) || lease.IsEnding)
        {
            return false;
        }

        lease.Holds++;
        return true;
    }

    /// <summary>Lets a lease go that was held: it has a full term from then on.</summary>
    public void LetGo(long id, TimeSpan now)
    {
        if (_leases.TryGetValue(id, out var lease) && lease.Holds > 0)
        {
            lease.Holds--;
            lease.Ends = Later(lease.Ends, now + lease.Term);
        }
    }

    /// <summary>A lease's term, and when it ends; null when there is no such lease.</summary>
    public (TimeSpan Term, TimeSpan Ends, bool IsEnding)? Look(long id, TimeSpan now) =>
        _leases.TryGetValue(id, out var lease)
            ? (lease.Term, lease.Holds > 0 ? Later(lease.Ends, now + lease.Term) : lease.Ends, lease.IsEnding)
            : null;

    /// <summary>Whether a lease is there and is being ended.</summary>
    public bool IsEnding(long id) => _leases.TryGetValue(id, out var lease) && lease.IsEnding;

    /// <summary>Takes the leases whose time is over: they can't be kept alive any more.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="most">How many at most.</param>
    public List<long> TakeDue(TimeSpan now, int most)
    {
        var due = new List<long>();
        while (due.Count < most && _due.TryPeek(out var id, out var at) && at <= now)
        {
            _due.Dequeue();
            if (!_leases.TryGetValue(id, out var lease) || lease.IsEnding)
            {
                continue;
            }

            if (lease.Holds > 0 && lease.Ends <= now)
            {
                lease.Ends = now + lease.Term;
            }

            if (lease.Ends > now)
            {
                _due.Enqueue(id, lease.Ends);
                continue;
            }

            lease.IsEnding = true;
            due.Add(id);
        }

        return due;
    }

    /// <summary>What was taken is certainly not ended: each can be kept alive again until <paramref name="until"/>.</summary>
    public void PutBack(IEnumerable<long> ids, TimeSpan until)
    {
        foreach (var id in ids)
        {
            if (_leases.TryGetValue(id, out var lease) && lease.IsEnding)
            {
                lease.IsEnding = false;
                lease.Ends = until;
                _due.Enqueue(id, until);
            }
        }
    }

    private static TimeSpan Later(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private sealed class Entry
    {
        public required TimeSpan Term { get; init; }

        public required TimeSpan Ends { get; set; }

        public int Holds { get; set; }

        public bool IsEnding { get; set; }
    }
}
