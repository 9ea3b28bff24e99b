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
                var (proposal, refusal) = await Proposals.DecideAsync(call, write, body, patience);
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

            if (terms.IsForwarded)
            {
                if (await api.Consensus.LeadsSoonAsync(patience.Token))
                {
                    continue;
                }

                await Forwards.RefuseAsync(call);
                return;
            }

            if (await Forwards.TryAsync(call, body, patience, tries, isRefusedHere: leads) is { } end)
            {
                if (end.Problem is not null)
                {
                    await call.RefuseAsync(end.Problem);
                }

                return;
            }
        }
    }

    private static ValueTask ShowAsync(Call call, Write write, Proposal proposal)
    {
        call.IsFresh = proposal is Proposal.Done;
        return proposal switch
        {
            Proposal.Done { OnEveryVoter: false } late when Changed(late.Outcome) => call.RefuseAsync(new Problem(
                ProblemCode.DurabilityTimeout, "committed and applied, but not every voter had it on disk in time")
            {
                Outcome = ProblemOutcome.Applied,
                Revision = late.Outcome.Revision,
            }),
            Proposal.Done done => ShowAsync(call, write, done.Outcome),
            Proposal.Accepted accepted => ShowAsync(call, accepted),
            Proposal.TooNew tooNew => call.RefuseAsync(new Problem(
                ProblemCode.NotSupported,
                $"this needs state version {tooNew.Needed}, and the cluster's is {tooNew.Current} until every member runs a version that has it "
                + "('raftctl status' shows them); nothing was done")
            { Retryable = true }),
            Proposal.Overloaded => call.RefuseAsync(new Problem(
                ProblemCode.Overloaded, "too many writes wait already; nothing was done")
            { Retryable = true }),
            Proposal.Unknown unknown => call.RefuseAsync(new Problem(
                ProblemCode.CommitTimeout, $"the write may or may not be applied: {unknown.Why}")
            {
                Outcome = ProblemOutcome.Unknown,
                Retryable = call.Terms.IsRepeatable,
            }),
            _ => throw new InvariantException($"no answer for {proposal}"),
        };
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
