using RaftCluster.Node.Consensus.Log;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// Feeds what is committed to the state machine, in order, one run at a time, on the thread pool. Anything that goes
/// wrong here would make this replica differ from the others, so it ends the process.
/// </summary>
internal sealed class ApplyLoop(
    IRaftLog log, IStateMachine machine, CommitProgress progress, ProgressGate revisions, Proposer proposer,
    StateComparison states, ConsensusMeasures measures, TimeProvider time, Action<int, string> stop) : IThreadPoolWorkItem
{
    private const int ReadBytes = 4 << 20;

    // 0: idle. 1: a run is queued or under way. 2: and more was committed since it last looked.
    private int _state;

    private volatile bool _closed;

    // Held while entries are being applied.
    private readonly Turn _turn = new();

    /// <summary>More is committed.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _state, 2) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Completes when nothing is being applied; call it when nothing more is committed.</summary>
    public async Task DrainAsync(CancellationToken patience) =>
        await progress.Applied.WaitAsync(progress.Committed, patience).ConfigureAwait(false);

    /// <summary>Waits until nothing is being applied, and lets nothing be applied until the result is disposed.</summary>
    public ValueTask<Turn.Held> PauseAsync() => _turn.TakeAsync();

    /// <summary>Applies nothing any more, once this has returned: log and rows may be closed.</summary>
    public async ValueTask CloseAsync()
    {
        _closed = true;
        using (await _turn.TakeAsync().ConfigureAwait(false))
        {
            // Whatever was under way has ended.
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            do
            {
                Volatile.Write(ref _state, 1);
                using (_turn.Take())
                {
                    ApplyCommitted();
                }
            }
            while (Interlocked.CompareExchange(ref _state, 0, 1) != 1);
        }
        catch (Exception broken)
        {
            var code = broken is StorageException store ? StorageFaults.ExitCodeOf(store.Fault) : ExitCode.Internal;
            stop(code, $"applying the entry after {machine.Applied.Index} failed: {broken.GetType().Name}: {broken.Message}");
            throw;
        }
    }

    private void ApplyCommitted()
    {
        var applied = progress.Applied.Reached;
        var committed = progress.Committed;
        while (applied < committed && !_closed)
        {
            var entries = log.Read(applied + 1, committed, ReadBytes);
            Invariant.Holds(entries.Count > 0, "what is committed and not applied is in the log");
            foreach (var entry in entries)
            {
                if (_closed)
                {
                    return;
                }

                var begun = time.GetTimestamp();
                var outcomes = machine.Apply(entry.Index, entry.Term, entry.Kind == LogEntryKind.Command ? entry.Payload : default);
                measures.ApplyTook?.Invoke(time.GetElapsedTime(begun));
                applied = entry.Index;
                states.Applied(machine.Applied);
                revisions.Advance(machine.Applied.Revision);
                progress.Applied.Advance(applied);
                if (entry.Kind == LogEntryKind.Command)
                {
                    proposer.Applied(entry, outcomes, begun);
                }
            }
        }
    }
}
