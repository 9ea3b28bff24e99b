using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>The way of every write: proposed here when this node leads, sent to the leader otherwise.</summary>
internal static class Writes
{
    /// <summary>Answers a write.</summary>
    /// <param name="call">The request.</param>
    /// <param name="write">What it wants changed.</param>
    /// <param name="body">The request's body, for a request that must go on to the leader.</param>
    public static async ValueTask AnswerAsync(Call call, Write write, ReadOnlyMemory<byte> body)
    {
        var (api, terms) = (call.Api, call.Terms);
        using var patience = Patience.Start(terms.Wait, api.Time);
        for (var tries = 0; ; tries++)
        {
            var leads = api.Consensus.Standing.Role == Role.Leader;
            if (leads)
            {
                var (proposal, refusal) = await Proposals.DecideAsync(call, write, Proposals.KeyOf(call, body.Span), patience);
                if (refusal is not null)
                {
                    // Decided by rows that are certainly as new as the request.
                    call.IsFresh = refusal.Code != ProblemCode.NoLeader;
                    await call.RefuseAsync(refusal);
                    return;
                }

                if (proposal is not Proposal.NotLeader)
                {
                    await ShowAsync(call, write, proposal!);
                    return;
                }
            }

            if (await ElsewhereAsync(call, body, patience, tries, isRefusedHere: leads))
            {
                return;
            }
        }
    }

    /// <summary>Has a write answered by the node that leads, once this one has turned out not to.</summary>
    /// <param name="call">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="tries">How often this was tried before.</param>
    /// <param name="isRefusedHere">Whether this node led when it was asked, and did not take it.</param>
    /// <returns>Whether it is answered; otherwise nothing was done, and it is worth another try here.</returns>
    public static async ValueTask<bool> ElsewhereAsync(
        Call call, ReadOnlyMemory<byte> body, Patience patience, int tries, bool isRefusedHere)
    {
        if (call.Terms.IsForwarded)
        {
            if (await call.Api.Consensus.LeadsSoonAsync(patience.Token))
            {
                return false;
            }

            await Forwards.RefuseAsync(call);
            return true;
        }

        if (await Forwards.TryAsync(call, body, patience, tries, isRefusedHere) is not { } end)
        {
            return false;
        }

        if (end.Problem is not null)
        {
            await call.RefuseAsync(end.Problem);
        }

        return true;
    }

    /// <summary>What a proposal that ended is refused with; null when its outcome is to be shown, or that it was accepted.</summary>
    /// <param name="proposal">How it ended.</param>
    /// <param name="isRepeatable">Whether it may be sent again although nobody knows what became of it.</param>
    public static Problem? ProblemOf(Proposal proposal, bool isRepeatable) => proposal switch
    {
        Proposal.Done { OnEveryVoter: false } late when Changed(late.Outcome) => new Problem(
            ProblemCode.DurabilityTimeout, "committed and applied, but not every voter had it on disk in time")
        {
            Outcome = ProblemOutcome.Applied,
            Revision = late.Outcome.Revision,
        },
        Proposal.Done or Proposal.Accepted => null,
        Proposal.NotLeader => new Problem(ProblemCode.NoLeader, "the node leads no longer; nothing was done") { Retryable = true },
        Proposal.TooNew tooNew => new Problem(
            ProblemCode.NotSupported,
            $"this needs state version {tooNew.Needed}, and the cluster's is {tooNew.Current} until every member runs a version that has it "
            + "('raftctl status' shows them); nothing was done")
        { Retryable = true },
        Proposal.Overloaded => new Problem(ProblemCode.Overloaded, "too many writes wait already; nothing was done") { Retryable = true },
        Proposal.Unknown unknown => new Problem(ProblemCode.CommitTimeout, $"the write may or may not be applied: {unknown.Why}")
        {
            Outcome = ProblemOutcome.Unknown,
            Retryable = isRepeatable,
        },
        _ => throw new InvariantException($"no answer for {proposal}"),
    };

    private static ValueTask ShowAsync(Call call, Write write, Proposal proposal)
    {
        call.IsFresh = proposal is Proposal.Done;
        return ProblemOf(proposal, call.Terms.IsRepeatable) is { } problem ? call.RefuseAsync(problem)
            : proposal is Proposal.Done done ? ShowAsync(call, write, done.Outcome)
            : ShowAsync(call, (Proposal.Accepted)proposal);
    }

    private static ValueTask ShowAsync(Call call, Write write, Outcome outcome)
    {
        if (outcome is Outcome.Replayed replayed)
        {
            call.IsReplayed = true;
            outcome = replayed.First;
        }

        return Refusals.Of(outcome, write) is { } refusal ? call.RefuseAsync(refusal) : write.ShowAsync(call, outcome);
    }

    /// <summary>Whether a write changed something, now or when it was done first.</summary>
    private static bool Changed(Outcome outcome) => outcome switch
    {
        Outcome.Written or Outcome.Deleted => true,
        Outcome.Transacted transacted => transacted.Results.Any(
            result => result is not (OperationResult.Got or OperationResult.Ranged)),
        Outcome.Replayed replayed => Changed(replayed.First),
        _ => false,
    };

    /// <summary>On the leader's disk, and no more is promised: the status and a header say so.</summary>
    private static ValueTask ShowAsync(Call call, Proposal.Accepted accepted)
    {
        call.SetHeaders(StatusCodes.Status202Accepted, call.Api.Store.Applied.Revision);
        call.Response.Headers["Preference-Applied"] = "respond-async";
        call.Response.Headers[HeaderNames.Durability] = "leader";
        return call.EndJsonAsync($"{{\"accepted\":true,\"index\":{accepted.Index},\"term\":{accepted.Term}}}");
    }
}
