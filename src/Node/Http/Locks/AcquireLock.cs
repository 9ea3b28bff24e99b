using RaftCluster.Node.Consensus;
using RaftCluster.Node.Leases;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Locks;

/// <summary>
/// <c>PUT /v1/locks/{name}</c>: takes a lock, or waits for it. The place in its queue is replicated; the open request
/// keeps it, and on whatever node the same owner asks again, it goes on from there.
/// </summary>
internal sealed class AcquireLock : Write, IDisposable
{
    private readonly Call _call;
    private readonly Operation.AcquireLock _acquire;
    private readonly TimeSpan _wait;
    private readonly long _begun;
    private LockVisits.Visit? _visit;
    private bool _goesOn;

    private AcquireLock(Call call, Operation.AcquireLock acquire, TimeSpan wait)
    {
        (_call, _acquire, _wait) = (call, acquire, wait);
        _begun = call.Api.Time.GetTimestamp();
    }

    private Api Api => _call.Api;

    private TimeSpan Elapsed => Api.Time.GetElapsedTime(_begun);

    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        if (LockRequest.Read(call, out var acquire, out var wait) is { } problem)
        {
            await call.RefuseAsync(problem);
            return;
        }

        call.IsRepeatable = true;
        var patience = call.Terms.Wait;
        using var write = new AcquireLock(call, acquire, wait);
        do
        {
            write._goesOn = false;
            call.Terms.Wait = patience - write.Elapsed is { Ticks: > 0 } left ? left : TimeSpan.Zero;
            await Writes.AnswerAsync(call, write, body: default);
        }
        while (write._goesOn);
    }

    /// <inheritdoc/>
    public override Plan Prepare(Call call)
    {
        _visit ??= Api.LockVisits.Enter(_acquire.Name, _acquire.Owner);
        return Plan.Propose(EntryCodec.EncodeTransaction(Transaction.Of(_acquire)));
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome)
    {
        Invariant.Holds(outcome is Outcome.Transacted { Results.Length: 1 }, "a lock is taken by one operation");
        switch (((Outcome.Transacted)outcome).Results[0])
        {
            case OperationResult.LockHeld held:
                return ShowAsync(held.Fence, held.Lease, held.SinceMicros, outcome.Revision);
            case OperationResult.LockTaken taken:
                _visit?.Answered();
                return call.RefuseAsync(LockPath.Held(
                    taken.Holder,
                    taken.Fence,
                    taken.SinceMicros,
                    outcome.Revision,
                    _acquire.Queue ? "the lock is held, and as many wait for it as may" : "the lock is held; with wait=30s the request would wait for it") with
                { Retryable = true });
            case OperationResult.LockQueued queued:
                return WaitAsync(queued);
            default:
                throw new InvariantException($"no answer for {outcome}");
        }
    }

    /// <inheritdoc/>
    public override string? FieldOf(Outcome.Failed failed) => failed.Kind == FailureKind.OutOfRange ? "guard" : null;

    /// <inheritdoc/>
    public void Dispose() => _visit?.Dispose();

    private async ValueTask WaitAsync(OperationResult.LockQueued queued)
    {
        // Something is kept back for leaving the queue in time, and saying so.
        var reserve = TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerSecond / 2, _call.Terms.Wait.Ticks / 4));
        var (own, whole) = (_wait - Elapsed, _call.Terms.Wait - reserve);
        var left = own < whole ? own : whole;
        using var limit = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, Api.Time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _call.Aborted);
        try
        {
            switch (await Api.LockQueue.WaitAsync(_acquire.Name, _acquire.Owner, patience.Token))
            {
                case LockTurn.Holds turn:
                    _call.IsFresh = true;
                    await ShowAsync(turn.Fence, turn.Lease, turn.Since, turn.Revision);
                    break;
                case LockTurn.Lost:
                    _visit?.Answered();
                    await _call.RefuseAsync(LockPath.Held(
                        queued.Holder, queued.Fence, queued.SinceMicros, Api.Store.Applied.Revision, "the place in the queue is gone: its lease has ended"));
                    break;
                default:
                    await GoOnAsync();
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            await LeaveAsync(queued);
        }
    }

    /// <summary>Another leads: the place is kept there.</summary>
    private async ValueTask GoOnAsync()
    {
        if (_call.Terms.IsForwarded)
        {
            await Forwards.RefuseAsync(_call);
            return;
        }

        _call.MayBeDone = true;
        _goesOn = true;
    }

    private async ValueTask LeaveAsync(OperationResult.LockQueued queued)
    {
        if (_call.Aborted.IsCancellationRequested)
        {
            _visit?.Abandoned();
            _call.Abort();
            return;
        }

        using var patience = Patience.Start(Api.Options.Wait, Api.Time);
        var leave = EntryCodec.EncodeTransaction(Transaction.Of(new Operation.LeaveQueue(_acquire.Name, _acquire.Owner)));
        var proposal = await Api.Consensus.ProposeAsync(leave, Durability.Quorum, patience.Token);
        switch (proposal)
        {
            // It was served in the last moment.
            case Proposal.Done { Outcome: Outcome.Transacted { Results: [OperationResult.LockHeld held] } done }:
                await ShowAsync(held.Fence, held.Lease, held.SinceMicros, done.Revision);
                break;
            case Proposal.Done done:
                _visit?.Answered();
                _call.IsFresh = true;
                await _call.RefuseAsync(LockPath.Held(
                    queued.Holder, queued.Fence, queued.SinceMicros, done.Outcome.Revision, "the lock did not become free in time") with
                { Retryable = true });
                break;
            default:
                _visit?.Answered();
                await _call.RefuseAsync(new Problem(
                    ProblemCode.CommitTimeout,
                    "the wait is over, but nobody can say whether the queue was left: the same owner may ask again, or its lease ends")
                { Outcome = ProblemOutcome.Unknown, Retryable = true });
                break;
        }
    }

    private ValueTask ShowAsync(long fence, long lease, long since, long revision)
    {
        _visit?.Answered();
        _call.SetHeaders(StatusCodes.Status200OK, revision);
        return _call.EndJsonAsync(json =>
        {
            json.WriteString("name", _acquire.Name);
            json.WriteString("owner", _acquire.Owner);
            json.WriteNumber("fence", fence);
            json.WriteNumber("lease", lease);
            json.WriteString("since", Instant.Show(since));
            json.WriteNumber("revision", revision);
        });
    }
}
