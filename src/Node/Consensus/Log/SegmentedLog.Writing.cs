namespace RaftCluster.Node.Consensus.Log;

public sealed partial class SegmentedLog
{
    private readonly SegmentFactory _factory;
    private readonly SegmentWriter _writer;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by the gate, as the fields of the other part are.
    private bool _writerWaits;
    private bool _stopping;
    private bool _dropAsked;
    private long _dropBefore;

    // The lowest index at which the log was cut while the batch that is being written was out of the lock.
    private long _cutSinceTaken = long.MaxValue;

    private void WakeWriter()
    {
        if (_writerWaits)
        {
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>The writer's thread: take all that waits, write it, sync once, tell those who wait.</summary>
    private void WriteLoop()
    {
        try
        {
            var batch = new List<Pending>();
            var locations = new List<Location>();
            var synced = new List<SyncWaiter>();
            while (TakeBatch(ref batch, out var anew))
            {
                if (anew is not null)
                {
                    BeginAnewOnDisk(anew);
                }

                if (batch.Count > 0)
                {
                    foreach (var (entry, previousTerm) in batch)
                    {
                        locations.Add(_writer.Add(entry, previousTerm));
                    }

#if CHAOS
                    if (StateMachine.Mutant.Is(StateMachine.Mutant.AcknowledgeBeforeFlush))
                    {
                        Publish(batch, locations, synced);
                        Complete(synced, synced: true);
                        synced.Clear();
                        Thread.Yield();
                    }
#endif
                    _writer.Sync();
                    Publish(batch, locations, synced);
                    Complete(synced, synced: true);
                    batch.Clear();
                    locations.Clear();
                    synced.Clear();
                }

                RemoveDropped();
            }

            if (_failure is null)
            {
                _writer.Mark();
                _writer.Sync();
            }
        }
#pragma warning disable CA1031 // Whatever it is: a log that can't be written on must end the process, by name.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            Fail(thrown);
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Waits for something to do and takes all of it.</summary>
    /// <param name="batch">An empty list, exchanged for the pending one.</param>
    /// <param name="anew">What is to be done before the batch is written; null for nothing.</param>
    /// <returns>False when everything is done and the log is to be closed.</returns>
    private bool TakeBatch(ref List<Pending> batch, out NewBeginning? anew)
    {
        if (WaitForWork(_options.MarkAfter) == Work.None)
        {
            _writer.Mark();
            WaitForWork(Timeout.InfiniteTimeSpan);
        }

        lock (_gate)
        {
            anew = _anew;
            if (_failure is not null || (_stopping && _pending.Count == 0 && !_dropAsked && anew is null))
            {
                return false;
            }

            (batch, _pending) = (_pending, batch);
            _cutSinceTaken = long.MaxValue;
            return true;
        }
    }

    private Work WaitForWork(TimeSpan patience)
    {
        lock (_gate)
        {
            while (_pending.Count == 0 && !_stopping && !_dropAsked && _anew is null && _failure is null)
            {
                _writerWaits = true;
                var woken = Monitor.Wait(_gate, patience);
                _writerWaits = false;
                if (!woken)
                {
                    return Work.None;
                }
            }

            return Work.Some;
        }
    }

    /// <summary>The batch is on the disk: its entries can be read from there, and those who waited for them can go on.</summary>
    private void Publish(List<Pending> batch, List<Location> locations, List<SyncWaiter> synced)
    {
        lock (_gate)
        {
            if (_anew is not null)
            {
                Discard(locations);
                return;
            }

            for (var i = 0; i < batch.Count; i++)
            {
                _index.Put(batch[i].Entry.Index, locations[i].Segment, locations[i].Offset);
            }

            // Entries cut while they were being written are on the disk, but no more in the log.
            _index.CutFrom(_cutSinceTaken);
            Volatile.Write(ref _syncedIndex, Math.Min(batch[^1].Entry.Index, _cutSinceTaken - 1));
            _recent.Evict(_syncedIndex);
            _waiters.TakeUpTo(_syncedIndex, synced);
        }
    }

    /// <summary>Removes segments that <see cref="DropBefore"/> no longer needs.</summary>
    private void RemoveDropped()
    {
        IReadOnlyList<Segment> dropped;
        lock (_gate)
        {
            if (_dropBefore == 0 || _anew is not null || _cutSinceTaken != long.MaxValue)
            {
                // A cut that is not on the disk yet: a segment that looks dead may be needed after a crash. Its
                // record is pending, so this is asked again soon.
                return;
            }

            _dropAsked = false;
            dropped = _index.TakeBefore(_dropBefore);
            var last = dropped.LastOrDefault(segment => segment.Count > 0);
            if (last is not null)
            {
                Volatile.Write(ref _firstIndex, last.Last + 1);
                _terms.RaiseFloor(last.Last);
                _recent.DropBefore(_firstIndex);
            }
        }

        // The oldest first, each on the disk before the next, so that a crash leaves no gap between segments.
        foreach (var segment in dropped)
        {
            _factory.Remove(segment);
        }
    }

    /// <summary>Ends the process. When a test's delegate returns, ends the log.</summary>
    private void Fail(Exception thrown)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            // Under the lock: nobody is told anything more, whatever the delegate does.
            _failure = Fault.Stop(_fatal, thrown);
            WakeWriter();
        }
    }

    private void Close()
    {
        var waiting = new List<SyncWaiter>();
        lock (_gate)
        {
            _stopping = true;
            _waiters.TakeFrom(0, waiting);
        }

        foreach (var waiter in waiting)
        {
            waiter.Fail(Closed());
        }

        _anew?.Done.SetException(Closed());

        _factory.Dispose();
        foreach (var segment in _index.Segments.Concat(_void))
        {
            segment.Release();
        }

        _stopped.SetResult();
    }

    private LogFailedException Closed() =>
        new(_failure?.ExitCode ?? ExitCode.Internal, _failure?.Message ?? "the log was closed");

    private enum Work
    {
        None,
        Some,
    }
}
