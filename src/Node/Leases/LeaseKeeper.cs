using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Leases;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Leases;

/// <summary>
/// Counts the time of leases, on the leader alone, and proposes the end of those whose time is over, so that all nodes
/// end them at the same place in history. Signs of life are not logged: a new leader, which has not heard them, gives
/// every lease a full term before it ends any. One timer serves all leases.
/// </summary>
public sealed class LeaseKeeper : ILeaseListener, IAsyncDisposable
{
    /// <summary>The most leases that one log entry ends: what it deletes becomes one revision, so the rows are bounded too.</summary>
    internal const int MostAtOnce = 512;

    /// <summary>How long a proposal may take before it is made again.</summary>
    internal static readonly TimeSpan ProposalPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long after a proposal that failed, or may have, the next is made.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly IConsensus _consensus;
    private readonly IStateMachine _store;
    private readonly TimeProvider _time;
    private readonly Action<StorageException> _fail;
    private readonly long _origin;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private Tenure? _tenure;
    private Task _running = Task.CompletedTask;

    /// <summary>Makes a keeper, which does nothing before <see cref="Start"/>.</summary>
    /// <param name="consensus">The port to agreement.</param>
    /// <param name="store">The rows; the caller sets this keeper as their listener.</param>
    /// <param name="time">The clock; its time stamps count, not its time of day.</param>
    /// <param name="fail">Ends the process when the rows can't be read; <see cref="IConsensus.Fail"/> when null.</param>
    public LeaseKeeper(IConsensus consensus, IStateMachine store, TimeProvider time, Action<StorageException>? fail = null)
    {
        (_consensus, _store, _time, _fail) = (consensus, store, time, fail ?? consensus.Fail);
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The term of leadership whose leases it knows and counts; 0 for none.</summary>
    internal long CountsIn
    {
        get
        {
            lock (_gate)
            {
                return _tenure is { Loaded.IsCompleted: true } tenure ? tenure.Term : 0;
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Begins to count whenever this node leads.</summary>
    public void Start() => _running = RunAsync(_stopping.Token);

    /// <summary>
    /// Gives a lease a full term from this call on. That this node leads is proved by a round that begins after the call,
    /// so no leader that came later can have counted from before it.
    /// </summary>
    /// <param name="id">The lease.</param>
    /// <param name="patience">Cancelled when the caller waits no longer.</param>
    public async ValueTask<LeaseAnswer> KeepAliveAsync(long id, CancellationToken patience)
    {
        var from = Now;
        if (await ProveAsync(patience).ConfigureAwait(false) is not { } tenure)
        {
            return new LeaseAnswer.NotLeader();
        }

        lock (_gate)
        {
            return Leads(tenure)
                ? tenure.Book.KeepAlive(id, from) ? Show(tenure, id) : Missing(tenure, id)
                : new LeaseAnswer.NotLeader();
        }
    }

    /// <summary>Tells what is left of a lease, with the same proof as <see cref="KeepAliveAsync"/>.</summary>
    public async ValueTask<LeaseAnswer> LookAsync(long id, CancellationToken patience)
    {
        if (await ProveAsync(patience).ConfigureAwait(false) is not { } tenure)
        {
            return new LeaseAnswer.NotLeader();
        }

        lock (_gate)
        {
            return Leads(tenure) ? Show(tenure, id) : new LeaseAnswer.NotLeader();
        }
    }

    /// <summary>Keeps a lease alive, as long as this node leads, until the result is disposed; it has a full term from then on.</summary>
    /// <returns>Null when this node does not lead, or the lease is gone or being ended.</returns>
    public async ValueTask<IDisposable?> HoldAsync(long id, CancellationToken patience)
    {
        if (await LoadedAsync(patience).ConfigureAwait(false) is not { } tenure)
        {
            return null;
        }

        lock (_gate)
        {
            return tenure.Book.Hold(id) ? new Held(this, tenure, id) : null;
        }
    }

    /// <summary>Whether this node leads and knows the leases; waits until it does, if it has just begun to.</summary>
    public async ValueTask<bool> LeadsAsync(CancellationToken patience) =>
        await LoadedAsync(patience).ConfigureAwait(false) is not null;

    /// <summary>Completes when a lease has ended or this node's leadership has; at once when it is not there or this node does not lead.</summary>
    public Task WhenEnded(long id)
    {
        lock (_gate)
        {
            return _tenure?.WhenEnded(id) ?? Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public void Granted(long id, long ttlMs)
    {
        lock (_gate)
        {
            _tenure?.Book.Add(id, TimeSpan.FromMilliseconds(ttlMs), Now);
            Arm();
        }
    }

    /// <inheritdoc/>
    public void Ended(long id)
    {
        lock (_gate)
        {
            _tenure?.Ended(id);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Other rows came from a leader: this node does not lead, even if it has not noticed yet.</remarks>
    public void Reset() => Take(null);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var serving = Task.CompletedTask;
        try
        {
            for (var led = 0L; ;)
            {
                led = await _consensus.WaitForLedTermAsync(led, stop).ConfigureAwait(false);
                var tenure = led > 0 ? new Tenure(led) : null;
                Take(tenure);
                await serving.ConfigureAwait(false);
                if (tenure is not null)
                {
                    serving = Task.Run(() => ServeAsync(tenure), CancellationToken.None);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Take(null);
            await serving.ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(Tenure tenure)
    {
        try
        {
            Load(tenure);
            while (true)
            {
                await tenure.WaitForDueAsync().ConfigureAwait(false);
                while (TakeDue(tenure) is { Count: > 0 } due)
                {
                    foreach (var together in due.Count == 1 ? [due] : Divide(due))
                    {
                        await EndAsync(tenure, together).ConfigureAwait(false);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (tenure.IsOver)
        {
            // Whoever leads now gives each lease a full term.
        }
        catch (StorageException failed)
        {
            _fail(failed);
        }
    }

    private void Load(Tenure tenure)
    {
        List<(long, TimeSpan)> leases;
        using (var picture = _store.Read())
        {
            leases = LeaseRecord.Terms(picture);
        }

        lock (_gate)
        {
            tenure.Load(leases, Now);
            Arm();
        }
    }

    private List<long> TakeDue(Tenure tenure)
    {
        lock (_gate)
        {
            var due = tenure.IsOver ? [] : tenure.Book.TakeDue(Now, MostAtOnce);
            Arm();
            return due;
        }
    }

    /// <summary>Parts leases so that each part but a single lease has <see cref="LeaseRecord.MaximumRows"/> at most.</summary>
    private List<List<long>> Divide(List<long> ids)
    {
        var (parts, rows) = (new List<List<long>>(), 0);
        using var picture = _store.Read();
        foreach (var id in ids)
        {
            var own = picture.RowsOfLease(id).Take(LeaseRecord.MaximumRows).Count();
            if (parts.Count == 0 || rows + own > LeaseRecord.MaximumRows)
            {
                parts.Add([]);
                rows = 0;
            }

            parts[^1].Add(id);
            rows += own;
        }

        return parts;
    }

    /// <summary>Has leases ended, or finds out that they are not.</summary>
    private async Task EndAsync(Tenure tenure, List<long> ids)
    {
        while (ids.Count > 0)
        {
            using var limit = new CancellationTokenSource(ProposalPatience, _time);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, tenure.Over);
            var end = EntryCodec.EncodeTransaction(Transaction.Of(new Operation.EndLeases([.. ids], tenure.Term)));
            switch (await _consensus.ProposeAsync(end, Durability.Quorum, patience.Token).ConfigureAwait(false))
            {
                case Proposal.Done:
                    lock (_gate)
                    {
                        ids.ForEach(tenure.Ended);
                    }

                    return;
                case Proposal.NotLeader or Proposal.Overloaded or Proposal.TooNew:
                    // Certainly not in any log: until it is tried again, a sign of life still counts.
                    lock (_gate)
                    {
                        tenure.Book.PutBack(ids, Now + Pause);
                        Arm();
                    }

                    return;
                default:
                    await Task.Delay(Pause, _time, tenure.Over).ConfigureAwait(false);
                    lock (_gate)
                    {
                        ids.RemoveAll(id => !tenure.Book.IsEnding(id));
                    }

                    break;
            }
        }
    }

    /// <summary>Proves that this node leads, by a round that begins after this call, and waits for what it must know then.</summary>
    private async ValueTask<Tenure?> ProveAsync(CancellationToken patience)
    {
        if (await LoadedAsync(patience).ConfigureAwait(false) is not { } tenure
            || await _consensus.ConfirmLeadershipAsync(patience).ConfigureAwait(false) is not { } proof)
        {
            return null;
        }

        try
        {
            await _consensus.WaitForAppliedAsync(proof.Index, patience).ConfigureAwait(false);
            return tenure;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async ValueTask<Tenure?> LoadedAsync(CancellationToken patience)
    {
        Tenure? tenure;
        lock (_gate)
        {
            tenure = _tenure;
        }

        try
        {
            if (tenure is not null)
            {
                await tenure.Loaded.WaitAsync(patience).ConfigureAwait(false);
            }

            return tenure is { IsOver: false } ? tenure : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the proof was this node's own: it may have lost its leadership meanwhile and have asked another leader,
    /// but nobody leads a term twice.
    /// </summary>
    private bool Leads(Tenure tenure) => _tenure == tenure && _consensus.LedTerm == tenure.Term;

    private LeaseAnswer Show(Tenure tenure, long id) => tenure.Book.Look(id, Now) is { IsEnding: false } lease
        ? new LeaseAnswer.Alive(lease.Term, lease.Ends > Now ? lease.Ends - Now : TimeSpan.Zero)
        : Missing(tenure, id);

    private static LeaseAnswer Missing(Tenure tenure, long id) =>
        tenure.Book.IsEnding(id) ? new LeaseAnswer.Ending() : new LeaseAnswer.Absent();

    private void Take(Tenure? next)
    {
        lock (_gate)
        {
            _tenure?.End();
            _tenure = next;
        }
    }

    /// <summary>Sets the timer to when the next lease may be due, if it is not set to an earlier moment.</summary>
    private void Arm()
    {
        if (_tenure is { Loaded.IsCompleted: true } tenure && tenure.Book.Next is { } next && !(tenure.Armed <= next))
        {
            tenure.Armed = next;
            var wait = next - Now;
            _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _tenure?.NoteDue();
        }
    }

    private void LetGo(Tenure tenure, long id)
    {
        lock (_gate)
        {
            tenure.Book.LetGo(id, Now);
        }
    }

    private sealed class Held(LeaseKeeper keeper, Tenure tenure, long id) : IDisposable
    {
        private bool _isLetGo;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _isLetGo, true))
            {
                keeper.LetGo(tenure, id);
            }
        }
    }
}
