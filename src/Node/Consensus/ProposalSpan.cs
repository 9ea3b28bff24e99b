using System.Diagnostics;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// A proposal, told as steps of the request that it is made for. Its entry is shared with others: how long the commit and the
/// application of that took is told of each request that waited for it.
/// </summary>
internal static class ProposalSpan
{
    /// <summary>Proposes a transaction, and tells how that went.</summary>
    public static async ValueTask<Proposal> TellAsync(
        Proposer proposer, ReadOnlyMemory<byte> transaction, Durability durability, TimeProvider time, bool held,
        CancellationToken patience)
    {
        using var span = NodeTrace.Begin(Spans.Propose);
        PendingProposal? pending = null;
        var answer = await proposer.ProposeAsync(transaction, durability, taken => pending = taken, patience, held).ConfigureAwait(false);
        if (span is not { IsAllDataRequested: true })
        {
            return answer;
        }

        _ = span.SetTag(SpanAttributes.TransactionBytes, transaction.Length).SetTag(SpanAttributes.Result, Word(answer));
        if (pending?.Batch is { } batch)
        {
            _ = span.SetTag(SpanAttributes.BatchTransactions, batch.Proposals.Length);
            if (answer is Proposal.Done && batch.AppliedBy > 0)
            {
                NodeTrace.Tell(Spans.Commit, span, batch.ProposedAt, batch.AppliedFrom, time);
                NodeTrace.Tell(Spans.Apply, span, batch.AppliedFrom, batch.AppliedBy, time);
            }
        }

        switch (answer)
        {
            case Proposal.Done done:
                TellPlace(span, done.Index, done.Term);
                break;
            case Proposal.Accepted accepted:
                TellPlace(span, accepted.Index, accepted.Term);
                break;
            default:
                _ = span.SetTag(SpanAttributes.ErrorType, Word(answer)).SetStatus(ActivityStatusCode.Error);
                break;
        }

        return answer;
    }

    private static void TellPlace(Activity span, long index, long term) =>
        _ = span.SetTag(SpanAttributes.Index, index).SetTag(SpanAttributes.Term, term);

    private static string Word(Proposal answer) => answer switch
    {
        Proposal.Done => "done",
        Proposal.Accepted => "accepted",
        Proposal.NotLeader => "not-leader",
        Proposal.Overloaded => "overloaded",
        Proposal.TooNew => "too-new",
        _ => "unknown",
    };
}
