namespace RaftCluster.Node.Leases;

/// <summary>What a leader knows of the leases, for as long as it leads in one term. All but the tasks is guarded by the keeper's lock.</summary>
#pragma warning disable CA1001 // What it holds has neither timer nor handle, and late comers may still look at it.
internal sealed class Tenure(long term)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly Dictionary<long, TaskCompletionSource> _watched = [];
    private HashSet<long>? _endedEarly = [];

    /// <summary>The term; an expiry that is decided in it has no effect in another.</summary>
    public long Term => term;

    public LeaseBook Book { get; } = new();

    /// <summary>When the timer is set to go off; null when it is not set.</summary>
    public TimeSpan? Armed { get; set; }

    /// <summary>Cancelled when the node leads no more, or in another term.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Whether it is over.</summary>
    public bool IsOver => _over.IsCancellationRequested;

    /// <summary>Completes when all leases are known, or the tenure is over.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>
    /// Takes over the leases of a picture of the rows. What was granted since the tenure began is known already, and
    /// what ended since then must not come back: an id is given once.
    /// </summary>
    public void Load(IEnumerable<(long Id, TimeSpan Term)> leases, TimeSpan now)
    {
        foreach (var (id, ttl) in leases)
        {
            if (!_endedEarly!.Contains(id))
            {
                Book.Add(id, ttl, now);
            }
        }

        _endedEarly = null;
        _loaded.TrySetResult();
    }

    /// <summary>A lease is no more.</summary>
    public void Ended(long id)
    {
        _endedEarly?.Add(id);
        Book.Remove(id);
        if (_watched.Remove(id, out var watched))
        {
            watched.SetResult();
        }
    }

    /// <summary>Completes when a lease has ended, or the tenure has; at once when it is not there.</summary>
    public Task WhenEnded(long id)
    {
        if (_over.IsCancellationRequested || Book.Look(id, default) is null)
        {
            return Task.CompletedTask;
        }

        if (!_watched.TryGetValue(id, out var watched))
        {
            _watched[id] = watched = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return watched.Task;
    }

    /// <summary>Some lease may be due: wakes <see cref="WaitForDueAsync"/>.</summary>
    public void NoteDue()
    {
        Armed = null;
        if (_due.CurrentCount == 0)
        {
            _due.Release();
        }
    }

    /// <summary>Waits until some lease may be due.</summary>
    /// <exception cref="OperationCanceledException">The tenure is over.</exception>
    public Task WaitForDueAsync() => _due.WaitAsync(Over);

    /// <summary>The node leads no more, or in another term: everybody who waits goes and asks again.</summary>
    public void End()
    {
        // Who is woken by it must not run here, under the keeper's lock.
        _ = _over.CancelAsync();
        _loaded.TrySetResult();
        foreach (var watched in _watched.Values)
        {
            watched.SetResult();
        }

        _watched.Clear();
    }
}
