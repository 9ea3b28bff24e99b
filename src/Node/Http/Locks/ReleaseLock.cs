using RaftCluster.Node.Http.Leases;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Locks;

/// <summary>
/// <c>DELETE /v1/locks/{name}</c> by <c>owner</c>, <c>fence</c> or <c>force=true</c>: gives a lock back, and to the first
/// that waits. With <c>guard=drop</c> its keys may be written by everybody afterwards.
/// </summary>
internal sealed class ReleaseLock(Operation.ReleaseLock release)
    : PlainWrite(EntryCodec.EncodeTransaction(Transaction.Of(release)))
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = Read(call, out var release) ?? LeasePath.RefuseTerms(call.Terms);
        return problem is not null ? call.RefuseAsync(problem) : Writes.AnswerAsync(call, new ReleaseLock(release), body: default);
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Transacted { Results: [OperationResult.LockReleased { Released: true }] }:
                call.SetHeaders(StatusCodes.Status200OK, outcome.Revision);
                return call.EndJsonAsync($"{{\"revision\":{outcome.Revision},\"released\":true}}");
            case Outcome.Transacted { Results: [OperationResult.LockReleased] }:
                return call.RefuseAsync(new Problem(ProblemCode.Absent, "nobody holds this lock; nothing changed")
                {
                    Revision = outcome.Revision,
                });
            case Outcome.Transacted { Results: [OperationResult.LockTaken taken] }:
                return call.RefuseAsync(LockPath.Held(
                    taken.Holder, taken.Fence, taken.SinceMicros, outcome.Revision, "the lock is held by another, or with another fence") with
                { Retryable = false });
            default:
                throw new InvariantException($"no answer for {outcome}");
        }
    }

    private static Problem? Read(Call call, out Operation.ReleaseLock release)
    {
        var problem = LockPath.Read(call, out var name);
        var owner = call.Query.Take("owner");
        var number = 0L;
        if (call.Query.Take("fence") is { } fence)
        {
            number = Numbers.Read(fence, 1, long.MaxValue) ?? 0;
            problem ??= number == 0 ? Problem.Malformed("fence", "fence is no fence: a whole number from 1 is expected") : null;
        }

        var unclear = call.Query.TakeSwitch("force", out var force);
        problem ??= unclear;
        var guard = call.Query.TakeAll("guard");
        problem ??= guard is [] or ["drop"] ? null : Problem.Malformed("guard", "guard is 'drop' when a lock is given back");
        problem ??= owner is null ? null : LeasePath.CheckOwner(owner);
        problem ??= call.Query.RefuseRest("owner", "fence", "force", "guard");
        problem ??= owner is null && number == 0 && !force
            ? Problem.Malformed("owner", "whose holding is meant? owner, fence or force=true says it")
            : null;
        release = new Operation.ReleaseLock(name, owner, number, force, guard.Count > 0);
        return problem;
    }
}
