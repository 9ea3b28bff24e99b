using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Log;

public sealed partial class SegmentedLog
{
    // Guarded by the gate: what BeginAnewAsync asked of the writer, and the segments that are void since.
    private readonly List<Segment> _void = [];
    private NewBeginning? _anew;

    /// <inheritdoc/>
    public async ValueTask BeginAnewAsync(long index, long term)
    {
        var cutOff = new List<SyncWaiter>();
        NewBeginning anew;
        lock (_gate)
        {
            ThrowIfUnusable();
            Invariant.Holds(index >= 1 && term >= 1 && _terms.TermAt(index) != term, "a log that has the entry is kept");
            Invariant.Holds(_anew is null, "a log begins anew once at a time");
            _anew = anew = new NewBeginning(index, term, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            _pending.Clear();
            _void.AddRange(_index.TakeAll());
            _terms = new TermIndex(index, term);
            _recent = new RecentEntries(index + 1, _options.MemoryBytes);
            _waiters.TakeFrom(0, cutOff);
            (_dropBefore, _dropAsked) = (0, false);
            Volatile.Write(ref _lastIndex, index);
            Volatile.Write(ref _syncedIndex, index);
            Volatile.Write(ref _firstIndex, index + 1);
            WakeWriter();
        }

        Complete(cutOff, synced: false);
        await anew.Done.Task.ConfigureAwait(false);
    }

    /// <summary>The writer's part: the new beginning is on the disk before any entry after it, and before anything old is removed.</summary>
    private void BeginAnewOnDisk(NewBeginning anew)
    {
        var segment = _writer.BeginAnew(anew.Index, anew.Term);
        Segment[] old;
        lock (_gate)
        {
            _index.Add(segment);
            old = [.. _void.OrderBy(gone => gone.Header.Sequence)];
            _void.Clear();
            _anew = null;
        }

        anew.Done.SetResult();
        foreach (var gone in old)
        {
            _factory.Remove(gone);
        }
    }

    /// <summary>A batch whose log was begun anew while it was being written: its segments are void too.</summary>
    private void Discard(List<Location> locations)
    {
        foreach (var (segment, _) in locations)
        {
            if (!_void.Contains(segment))
            {
                _void.Add(segment);
            }
        }
    }

    private sealed record NewBeginning(long Index, long Term, TaskCompletionSource Done);
}
