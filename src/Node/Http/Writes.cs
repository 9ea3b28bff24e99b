using System.Globalization;
using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>The way of every write: proposed here when this node leads, sent to the leader otherwise.</summary>
internal static class Writes
{
    /// <summary>Answers a write.</summary>
    /// <param name="call">The request.</param>
    /// <param name="transaction">What to propose.</param>
    /// <param name="body">The request's body, for a request that must go on to the leader.</param>
    /// <param name="ofRange">Whether any number of rows may be removed.</param>
    public static async ValueTask AnswerAsync(
        Call call, ReadOnlyMemory<byte> transaction, ReadOnlyMemory<byte> body, bool ofRange)
    {
        var (api, terms) = (call.Api, call.Terms);
        using var patience = Patience.Start(terms.Wait, api.Time);
        for (var tries = 0; ; tries++)
        {
            if (api.Consensus.Standing.Role == Role.Leader
                && await api.Consensus.ProposeAsync(transaction, terms.Durability, patience.Token)
                    is var proposal and not Proposal.NotLeader)
            {
                await ShowAsync(call, proposal, ofRange);
                return;
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

            if (await Forwards.TryAsync(call, body, patience, tries) is { } end)
            {
                if (end.Problem is not null)
                {
                    await call.RefuseAsync(end.Problem);
                }

                return;
            }
        }
    }

    private static ValueTask ShowAsync(Call call, Proposal proposal, bool ofRange)
    {
        call.IsFresh = proposal is Proposal.Done;
        return proposal switch
        {
            Proposal.Done { OnEveryVoter: false, Outcome: Outcome.Written or Outcome.Deleted } late => call.RefuseAsync(new Problem(
                ProblemCode.DurabilityTimeout, "committed and applied, but not every voter had it on disk in time")
            {
                Outcome = ProblemOutcome.Applied,
                Revision = late.Outcome.Revision,
            }),
            Proposal.Done done => ShowAsync(call, done.Outcome, ofRange),
            Proposal.Accepted accepted => ShowAsync(call, accepted),
            Proposal.Overloaded => call.RefuseAsync(new Problem(
                ProblemCode.Overloaded, "too many writes wait already; nothing was done")
            { Retryable = true }),
            Proposal.Unknown unknown => call.RefuseAsync(new Problem(
                ProblemCode.CommitTimeout, $"the write may or may not be applied: {unknown.Why}")
            {
                // Without an idempotency key a second try could apply it twice.
                Outcome = ProblemOutcome.Unknown,
            }),
            _ => throw new InvariantException($"no answer for {proposal}"),
        };
    }

    private static ValueTask ShowAsync(Call call, Outcome outcome, bool ofRange)
    {
        var status = Statuses.Of(outcome);
        switch (outcome)
        {
            case Outcome.Written written:
                call.SetHeaders(status, written.Revision);
                call.Response.Headers.ETag = Call.ETag(written.Revision);
                call.Response.Headers[HeaderNames.Version] = written.Version.ToString(CultureInfo.InvariantCulture);
                return call.EndJsonAsync($"{{\"revision\":{written.Revision},\"version\":{written.Version}}}");
            case Outcome.Deleted deleted when ofRange:
                call.SetHeaders(status, deleted.Revision);
                return call.EndJsonAsync($"{{\"revision\":{deleted.Revision},\"deleted\":{deleted.Count}}}");
            case Outcome.Deleted deleted:
                call.SetHeaders(status, deleted.Revision);
                return call.EndJsonAsync($"{{\"revision\":{deleted.Revision},\"deleted\":true}}");
            case Outcome.Absent absent:
                return call.RefuseAsync(new Problem(ProblemCode.Absent, "there is no row of this key; nothing changed")
                {
                    Revision = absent.Revision,
                });
            case Outcome.Refused refused:
                return call.RefuseAsync(new Problem(
                    ProblemCode.PreconditionFailed,
                    refused.RowRevision > 0
                        ? $"the row is at revision {refused.RowRevision}; nothing changed"
                        : "there is no such row; nothing changed",
                    call.Terms.IfMatch is null ? HeaderNames.IfNoneMatch : HeaderNames.IfMatch)
                {
                    RowRevision = refused.RowRevision,
                    Revision = refused.Revision,
                });
            default:
                throw new InvariantException($"no answer for {outcome}");
        }
    }

    /// <summary>On the leader's disk, and no more is promised: the status and a header say so.</summary>
    private static ValueTask ShowAsync(Call call, Proposal.Accepted accepted)
    {
        call.SetHeaders(StatusCodes.Status202Accepted, call.Api.Store.Applied.Revision);
        call.Response.Headers["Preference-Applied"] = "respond-async";
        call.Response.Headers[HeaderNames.Durability] = "leader";
        return call.EndJsonAsync($"{{\"accepted\":true,\"index\":{accepted.Index},\"term\":{accepted.Term}}}");
    }
}
