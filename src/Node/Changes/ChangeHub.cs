using System.Collections.Concurrent;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Diagnosis;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Changes;

/// <summary>
/// Reads what is applied once for all readers that have come to the end of the change log, beside the apply loop, which
/// knows nothing of it: finds out whom a transaction concerns, makes its event if it concerns anybody, keeps it for a
/// while, and wakes those readers and no others.
/// </summary>
internal sealed class ChangeHub : IAsyncDisposable
{
    /// <summary>How much is read under one picture.</summary>
    private const int MostInBatch = 512;

    private const long MostBytesInBatch = 1 << 20;

    private readonly IConsensus _consensus;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Interests _interests = new();
    private readonly List<Subscriber> _found = [];
    private readonly List<Subscriber> _touched = [];
    private readonly RenderedEvent.Maker _maker;
    private readonly SemaphoreSlim _slices = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly Task _running;
    private readonly ConcurrentDictionary<Feed, byte> _feeds = new();
    private TaskCompletionSource _joined = New();
    private int _readers;

    // Nobody listens, and nothing is being passed on: the next reader may begin wherever it likes.
    private bool _rests;

    // Under the lock; read without it by the one task that sets it while it does not rest. reached ≤ matched.
    private long _matched;
    private long _reached;
    private long _batch = 1;
    private long _pass;

    /// <summary>Starts it. It does nothing while nobody reads.</summary>
    /// <param name="consensus">Tells when more is applied.</param>
    /// <param name="store">What is applied.</param>
    /// <param name="limits">What readers may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="mark">What stands behind a revision in a cursor.</param>
    public ChangeHub(IConsensus consensus, IStateMachine store, FeedLimits limits, TimeProvider time, string mark = "")
    {
        (_consensus, Store, Limits, Time, Mark) = (consensus, store, limits, time, mark);
        _maker = new RenderedEvent.Maker(mark);
        Recent = new RecentEvents(limits.RecentBytes);
        _running = Task.Run(RunAsync);
    }

    /// <summary>The rows and the change log.</summary>
    public IStateMachine Store { get; }

    /// <summary>What readers may take.</summary>
    public FeedLimits Limits { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>What stands behind a revision in a cursor.</summary>
    public string Mark { get; }

    /// <summary>The newest events.</summary>
    public RecentEvents Recent { get; }

    /// <summary>Up to here every reader that wants something was told. Never goes back.</summary>
    public long Reached => Volatile.Read(ref _reached);

    /// <summary>Whether the node stops: all readers are to end.</summary>
    public bool IsStopping => _stop.IsCancellationRequested;

    /// <summary>How many readers there are, behind or not.</summary>
    public int Readers => Volatile.Read(ref _readers);

    /// <summary>After so many batches readers are woken though there is more: before the newest events push out what they are to read.</summary>
    private long MostBatches => Limits.RecentBytes / 2 / MostBytesInBatch;

    /// <summary>The readers as they are now, behind or not.</summary>
    public IEnumerable<Feed> Feeds => _feeds.Keys;

    /// <summary>Readers that were closed since they did not keep up.</summary>
    public Tally ClosedSlow { get; } = new();

    /// <summary>Readers that were closed since what they needed was dropped from the history.</summary>
    public Tally ClosedCompacted { get; } = new();

    /// <summary>Readers that were closed since the node stops.</summary>
    public Tally ClosedStopping { get; } = new();

    /// <summary>A reader begins.</summary>
    public void Add(Feed feed) => _feeds.TryAdd(feed, 0);

    /// <summary>A reader ends.</summary>
    public void Remove(Feed feed) => _feeds.TryRemove(feed, out _);

    /// <summary>Counts a reader in; false when there are too many already.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _readers) <= Limits.Readers)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Counts a reader out.</summary>
    public void Leave() => Interlocked.Decrement(ref _readers);

    /// <summary>
    /// Waits for a turn to read from the store. Readers that are behind take turns, a slice each: however many they are,
    /// they never take all processors from those who write.
    /// </summary>
    public async ValueTask<Turn> TakeTurnAsync(CancellationToken patience)
    {
        await _slices.WaitAsync(patience);
        return new Turn(_slices);
    }

    /// <summary>From now on a reader is told of what is of interest to it.</summary>
    /// <param name="reader">The reader, whose <see cref="Subscriber.Start"/> says afterwards from where on.</param>
    /// <param name="next">The first revision that it has not seen.</param>
    public void Join(Subscriber reader, long next)
    {
        lock (_gate)
        {
            if (_rests)
            {
                // What was applied while nobody listened is in the store.
                Restart(Store.Applied.Revision);
                _rests = false;
                _joined.TrySetResult();
            }

            reader.Begin(Math.Max(next, _matched + 1));
            _interests.Add(reader);
        }
    }

    /// <summary>A reader is told no more.</summary>
    public void Part(Subscriber reader)
    {
        lock (_gate)
        {
            _interests.Remove(reader);
        }
    }

    /// <summary>Asks all readers to end.</summary>
    public void Stop()
    {
        _stop.Cancel();
        Subscriber[] all;
        lock (_gate)
        {
            all = [.. _interests.All];
        }

        foreach (var reader in all)
        {
            reader.Wake();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await _running;
        _maker.Dispose();
        _slices.Dispose();
        _stop.Dispose();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await SomebodyAsync().WaitAsync(_stop.Token);
                await _consensus.WaitForRevisionAsync(_matched + 1, _stop.Token);
                var begun = Time.GetTimestamp();
                var hasMore = Pass();
                for (var passes = 1; hasMore && passes < MostBatches; passes++)
                {
                    // Who is concerned by this batch may be by the next one: woken once for both.
                    hasMore = Pass();
                }

                // What is there is read without a rest: who keeps up with it must not be kept back.
                WakeTouched();
                var gathering = hasMore ? TimeSpan.Zero : Gathering.After(Time.GetElapsedTime(begun));
                if (gathering > TimeSpan.Zero)
                {
                    await Task.Delay(gathering, Time, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (StorageException failed)
        {
            // Nothing more may be served of it; and the next start must know, or it would end here again.
            _consensus.Fail(failed);
        }
        catch (Exception failed)
        {
            // What is in memory is not what it must be: nothing more may be served.
            FailStop.Now(ExitCode.Internal, failed.Message);
        }
    }

    /// <summary>Completes when there is a reader.</summary>
    private Task SomebodyAsync()
    {
        lock (_gate)
        {
            if (_interests.Count > 0)
            {
                return Task.CompletedTask;
            }

            _rests = true;
            _joined = New();
            return _joined.Task;
        }
    }

    /// <summary>Reads a batch, and notes whom it concerns.</summary>
    /// <returns>Whether there is more already.</returns>
    private bool Pass()
    {
        bool hasMore;
        using (var picture = Store.Read())
        {
            if (!Continues(picture))
            {
                return true;
            }

            hasMore = Read(picture);
        }

        Volatile.Write(ref _reached, _matched);
        return hasMore;
    }

    private void WakeTouched()
    {
        foreach (var reader in _touched)
        {
            reader.Wake();
        }

        _touched.Clear();
        _batch++;
    }

    /// <summary>
    /// Whether the picture has what comes next. A store that was switched to another node's rows may have dropped it: then
    /// all readers find out for themselves what of it they miss.
    /// </summary>
    private bool Continues(IRowReader picture)
    {
        if (_matched + 1 >= picture.OldestRevision)
        {
            return true;
        }

        Subscriber[] all;
        lock (_gate)
        {
            all = [.. _interests.All];
            Restart(picture.OldestRevision - 1);
            foreach (var reader in all)
            {
                _interests.Remove(reader);
                reader.Reset();
            }
        }

        foreach (var reader in all)
        {
            reader.Wake();
        }

        return false;
    }

    private bool Read(IRowReader picture)
    {
        using var walk = picture.Changes(new ChangePlace(_matched + 1));
        var bytes = 0L;
        for (var count = 0; count < MostInBatch && bytes < MostBytesInBatch; count++)
        {
            if (!walk.NextTransaction())
            {
                return false;
            }

            RenderedEvent? rendered = null;
            if (IsWanted(walk))
            {
                walk.Rewind();
                rendered = _maker.Make(walk) ?? RenderedEvent.TooLarge(_found);
                bytes += rendered.Length;
            }

            bytes += walk.Length;
            Recent.Add(walk.Revision, rendered);
        }

        return true;
    }

    /// <summary>Notes whom the transaction concerns. A reader that joins from here on begins with the next.</summary>
    private bool IsWanted(IChangeWalk walk)
    {
        _found.Clear();
        lock (_gate)
        {
            while (walk.NextChange())
            {
                _interests.Find(walk.Operation, walk.Table, walk.Key, _found);
                if (_found.Count >= 2 * _interests.Count)
                {
                    // A range of many rows finds the same readers again and again.
                    Unite();
                    if (_found.Count == _interests.Count)
                    {
                        break;
                    }
                }
            }

            Unite();
            _matched = walk.Revision;
            foreach (var reader in _found)
            {
                reader.Mark(walk.Revision);
                if (reader.Batch != _batch)
                {
                    reader.Batch = _batch;
                    _touched.Add(reader);
                }
            }
        }

        return _found.Count > 0;
    }

    /// <summary>Leaves each reader found once, and only those that have come so far.</summary>
    private void Unite()
    {
        var kept = 0;
        var pass = ++_pass;
        for (var at = 0; at < _found.Count; at++)
        {
            if (_found[at].Pass != pass && _found[at].Start <= _matched + 1)
            {
                _found[at].Pass = pass;
                _found[kept++] = _found[at];
            }
        }

        _found.RemoveRange(kept, _found.Count - kept);
    }

    private void Restart(long reached)
    {
        _matched = reached;
        Volatile.Write(ref _reached, reached);
        Recent.Restart(reached + 1);
    }

    /// <summary>A turn to read a slice; disposed when it is read.</summary>
    internal readonly struct Turn(SemaphoreSlim slices) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => slices.Release();
    }
}
