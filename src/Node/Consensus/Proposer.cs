using System.Collections.Concurrent;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Tracing;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// Takes whatever waits and proposes it as one entry while earlier entries are under way: that is where throughput
/// comes from, and an idle cluster proposes at once.
/// </summary>
internal sealed class Proposer(
    RaftNode raft, IRaftLog log, Func<long> leaderTerm, Func<int> stateVersion, VoterMatches matches, ConsensusOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<RequestId, Batch> _batches = new();
    private readonly Queue<PendingProposal> _waiting = new();
    private long _waitingBytes;
    private int _underWay;
    private volatile bool _paused;
    private TaskCompletionSource? _drained;
#if CHAOS
    private readonly ConcurrentDictionary<long, Batch> _byIndex = new();
    private RequestId? _shared;
#endif

    private bool IsDrained => _underWay == 0 && _waiting.Count == 0;

    /// <summary>Whether it takes nothing.</summary>
    public bool IsPaused => _paused;

    /// <summary>How many proposals are in no entry yet, and their bytes.</summary>
    public (int Count, long Bytes) Waiting
    {
        get
        {
            lock (_gate)
            {
                return (_waiting.Count, _waitingBytes);
            }
        }
    }

    /// <summary>Proposes one transaction and awaits its answer.</summary>
    public ValueTask<Proposal> ProposeAsync(
        ReadOnlyMemory<byte> transaction, Durability durability, CancellationToken patience, bool held = false) =>
        NodeTrace.IsOn
            ? ProposalSpan.TellAsync(this, transaction, durability, time, held, patience)
            : ProposeAsync(transaction, durability, taken: null, patience, held);

    /// <summary>Proposes one transaction and awaits its answer.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="durability">When the answer may be given.</param>
    /// <param name="taken">Told the proposal as it waits; null for nobody.</param>
    /// <param name="patience">How long.</param>
    /// <param name="held">Whether it waits until somebody calls <see cref="ProposeWaiting"/>.</param>
    internal async ValueTask<Proposal> ProposeAsync(
        ReadOnlyMemory<byte> transaction, Durability durability, Action<PendingProposal>? taken, CancellationToken patience, bool held = false)
    {
        if (_paused || !raft.LeadsWithCommit)
        {
            return Ended(new Proposal.NotLeader());
        }

        // What every node can apply needs no look at the members.
        if (EntryCodec.FormatOf(transaction.Span) is var format && format > options.FirstStateVersion && stateVersion() is var may && format > may)
        {
            return Ended(new Proposal.TooNew(format, may));
        }

        var pending = new PendingProposal(transaction, durability);
        taken?.Invoke(pending);
        lock (_gate)
        {
            if (_paused)
            {
                return Ended(new Proposal.NotLeader());
            }

            if (_waitingBytes + transaction.Length > options.MaximumPendingBytes)
            {
                return Ended(new Proposal.Overloaded());
            }

            _waitingBytes += transaction.Length;
            _waiting.Enqueue(pending);
        }

        if (!held)
        {
            ProposeWaiting();
        }

        Proposal answer;
        if (pending.Task.IsCompleted)
        {
            answer = await pending.Task.ConfigureAwait(false);
        }
        else
        {
            await using var registration = patience.UnsafeRegister(
                static state => ((Waiter)state!).GiveUp(), new Waiter(this, pending)).ConfigureAwait(false);
            answer = await pending.Task.ConfigureAwait(false);
        }

        Ended(answer);
        return durability == Durability.All && answer is Proposal.Done done
            ? done with { OnEveryVoter = await matches.WaitAsync(done.Term, done.Index, patience).ConfigureAwait(false) }
            : answer;
    }

    private Proposal Ended(Proposal answer)
    {
        options.Measures.Ended(answer);
        return answer;
    }

    /// <summary>Takes no more proposals, as if this node did not lead: it hands over.</summary>
    public void Pause()
    {
        lock (_gate)
        {
            _paused = true;
        }
    }

    /// <summary>Completes when nothing waits or is under way; call it while paused.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            if (IsDrained)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    /// <summary>Takes proposals again, when it leads.</summary>
    public void Resume() => _paused = false;

    /// <summary>Answers the batch that an applied entry names, if this node proposed it.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="outcomes">What each of its transactions did.</param>
    /// <param name="begun">When its application began.</param>
    public void Applied(in LogEntry entry, IReadOnlyList<Outcome> outcomes, long begun)
    {
#if CHAOS
        if (_byIndex.TryRemove(entry.Index, out var stale) && Mutant.Is(Mutant.StaleContext))
        {
            _batches.TryRemove(stale.Id, out _);
            Release(stale);
            for (var at = 0; at < stale.Proposals.Length; at++)
            {
                stale.Proposals[at].TrySetResult(new Proposal.Done(outcomes[Math.Min(at, outcomes.Count - 1)], entry.Index, entry.Term));
            }

            return;
        }

#endif
        if (_batches.IsEmpty)
        {
            return;
        }

        if (!_batches.TryRemove(EntryCodec.ReadHeader(entry.Payload.Span).RequestId, out var batch))
        {
            return;
        }

        batch.AppliedFrom = begun;
        batch.AppliedBy = NodeTrace.IsOn ? time.GetTimestamp() : 0;

        // The next batch goes out before this one's callers are woken: they may keep this thread for a while.
        Release(batch);
        for (var at = 0; at < batch.Proposals.Length; at++)
        {
            batch.Proposals[at].TrySetResult(new Proposal.Done(outcomes[at], entry.Index, entry.Term));
        }
    }

    /// <summary>Proposes what waits, as far as there is room for more entries under way.</summary>
    public void ProposeWaiting()
    {
        while (TakeBatch() is { } batch)
        {
            _ = ReplicateAsync(batch);
        }
    }

    private Batch? TakeBatch()
    {
        lock (_gate)
        {
            if (_underWay >= options.MaximumBatchesUnderWay || _waiting.Count == 0)
            {
                return null;
            }

            _underWay++;
            var taken = new List<PendingProposal>(_waiting.Count);
            var bytes = 0L;
            while (taken.Count < EntryCodec.MaximumTransactions && _waiting.TryPeek(out var next)
                && (taken.Count == 0 || bytes + next.Transaction.Length <= options.MaximumBatchBytes))
            {
                taken.Add(_waiting.Dequeue());
                bytes += next.Transaction.Length;
            }

            _waitingBytes -= bytes;
            var batch = new Batch(RequestId.From(Guid.NewGuid()), [.. taken]);
#if CHAOS
            if (Mutant.Is(Mutant.ShareRequestId))
            {
                batch = new Batch(_shared ?? batch.Id, batch.Proposals);
                _shared = _shared is null ? batch.Id : null;
            }

#endif
            foreach (var proposal in batch.Proposals)
            {
                proposal.Batch = batch;
            }

            return batch;
        }
    }

    private async Task ReplicateAsync(Batch batch)
    {
        var transactions = new ReadOnlyMemory<byte>[batch.Proposals.Length];
        for (var at = 0; at < transactions.Length; at++)
        {
            transactions[at] = batch.Proposals[at].Transaction;
        }

        var now = time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks;
        var entry = new ProposedEntry(
            leaderTerm(), EntryCodec.ComposeEntry(batch.Id, now / TimeSpan.TicksPerMicrosecond, transactions));
        _batches[batch.Id] = batch;
        var begun = batch.ProposedAt = time.GetTimestamp();
        try
        {
            var replication = raft.ReplicateAsync(entry, CancellationToken.None);
            if (entry.Index > 0)
            {
#if CHAOS
                _byIndex[entry.Index] = batch;
#endif
                AcceptEarly(batch, entry);
            }

            await replication.ConfigureAwait(false);
            options.Measures.CommitTook?.Invoke(time.GetElapsedTime(begun));
        }
        catch (Exception lost) when (lost is NotLeaderException or OperationCanceledException or ObjectDisposedException)
        {
            if (entry.Index == 0)
            {
                _batches.TryRemove(batch.Id, out _);
                foreach (var proposal in batch.Proposals)
                {
                    proposal.TrySetResult(new Proposal.NotLeader());
                }
            }

            // Once appended, the entry may be committed yet, by this node or a later leader: it is answered when it is
            // applied here, or its caller's patience ends.
        }

        Release(batch);
    }

    private void AcceptEarly(Batch batch, ProposedEntry entry)
    {
        if (Array.Exists(batch.Proposals, static proposal => proposal.Durability == Durability.Leader))
        {
            _ = AcceptOnSyncAsync(batch, entry.Index, entry.Term);
        }
    }

    private async Task AcceptOnSyncAsync(Batch batch, long index, long term)
    {
        if (!await log.SyncAsync(index).ConfigureAwait(false))
        {
            return;
        }

        foreach (var proposal in batch.Proposals)
        {
            if (proposal.Durability == Durability.Leader && proposal.TrySetResult(new Proposal.Accepted(index, term)))
            {
                Abandon(batch);
            }
        }
    }

    private void Abandon(Batch batch)
    {
        if (batch.Abandon())
        {
            _batches.TryRemove(batch.Id, out _);
        }
    }

    private void Release(Batch batch)
    {
        if (batch.ReleaseSlot())
        {
            lock (_gate)
            {
                _underWay--;
                TellDrained();
            }

            ProposeWaiting();
        }
    }

    private void GiveUp(PendingProposal pending)
    {
        lock (_gate)
        {
            if (pending.Batch is null)
            {
                Forget(pending);
                return;
            }
        }

        if (pending.TrySetResult(new Proposal.Unknown("not committed within the caller's patience")))
        {
            Abandon(pending.Batch);
        }
    }

    /// <summary>Takes a proposal that still waits out of the queue: it is certain that it never was proposed.</summary>
    private void Forget(PendingProposal pending)
    {
        var before = _waiting.Count;
        for (var at = 0; at < before; at++)
        {
            var next = _waiting.Dequeue();
            if (next != pending)
            {
                _waiting.Enqueue(next);
            }
        }

        _waitingBytes -= pending.Transaction.Length;
        pending.TrySetResult(new Proposal.Overloaded());
        TellDrained();
    }

    private void TellDrained()
    {
        if (_drained is { } drained && IsDrained)
        {
            _drained = null;
            drained.TrySetResult();
        }
    }

    private sealed record Waiter(Proposer Proposer, PendingProposal Pending)
    {
        public void GiveUp() => Proposer.GiveUp(Pending);
    }
}
