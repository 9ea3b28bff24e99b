using System.Collections.Immutable;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>What became of a write on a node that leads.</summary>
/// <param name="Proposal">What agreement said; null when it was not asked, or had nothing to say.</param>
/// <param name="Refusal">Why nothing was proposed; null when something was.</param>
internal readonly record struct Decision(Proposal? Proposal, Problem? Refusal);

/// <summary>How the leader proposes a write: with its idempotency key and fences, and again when its tables have changed.</summary>
internal static class Proposals
{
    /// <summary>
    /// Requires a definition that no table ever has, so it does nothing and is not kept, unless the request's key is
    /// known: then it has the outcome that was kept.
    /// </summary>
    private static readonly byte[] _question = EntryCodec.EncodeTransaction(new Transaction(
        [new TableRequirement(SystemTables.Tables, long.MaxValue)], [], [], []));

    /// <summary>Proposes a write.</summary>
    /// <param name="call">The request.</param>
    /// <param name="write">What it wants changed.</param>
    /// <param name="body">Its body.</param>
    /// <param name="patience">How long it may take.</param>
    public static async ValueTask<Decision> DecideAsync(Call call, Write write, ReadOnlyMemory<byte> body, Patience patience)
    {
        var (api, terms) = (call.Api, call.Terms);
        var key = KeyOf(call, body.Span);
        var isCurrent = false;
        while (true)
        {
            var plan = write.Prepare(call);
            if (plan.Refusal is { } refusal)
            {
                if (isCurrent)
                {
                    return new Decision(null, refusal);
                }

                if (await CatchUpAsync(call, key, patience) is { } end)
                {
                    return end;
                }

                isCurrent = true;
                continue;
            }

            if (RoomForWrites.Refuse(api, plan.Transaction.Span) is { } full)
            {
                // What was done under its key before is still told.
                return (key is null ? null : await CatchUpAsync(call, key, patience)) ?? new Decision(null, full);
            }

            var proposal = await api.Consensus.ProposeAsync(Frame(key, terms, plan.Transaction), terms.Durability, patience.Token);
            if (!IsTableChanged(proposal))
            {
                return new Decision(proposal, null);
            }

            if (patience.IsOver)
            {
                return new Decision(null, new Problem(
                    ProblemCode.Conflict, "the table's definition kept changing; nothing was done")
                { Retryable = true });
            }

            isCurrent = true;
        }
    }

    /// <summary>
    /// Makes sure that this node's rows are no older than the request: a leader that is new may lack what was acknowledged
    /// by the last one, and must refuse nothing for that reason.
    /// </summary>
    /// <returns>The end of the matter; null when the rows are now as new as the request.</returns>
    private static async ValueTask<Decision?> CatchUpAsync(Call call, IdempotencyTerms? key, Patience patience)
    {
        var api = call.Api;
        if (key is not null)
        {
            var asked = await api.Consensus.ProposeAsync(
                EncodeFramed(key, [], _question), Durability.Quorum, patience.Token);
            return IsTableChanged(asked) ? null : new Decision(asked, null);
        }

        if (await api.Gate.ConfirmAsync(patience.Token) == Passage.Open)
        {
            return null;
        }

        return patience.IsOver
            ? new Decision(null, new Problem(ProblemCode.NoLeader, "no leader could be confirmed in time; nothing was done") { Retryable = true })
            : new Decision(new Proposal.NotLeader(), null);
    }

    private static bool IsTableChanged(Proposal proposal) =>
        proposal is Proposal.Done { Outcome: Outcome.Failed { Kind: FailureKind.TableChanged } };

    private static IdempotencyTerms? KeyOf(Call call, ReadOnlySpan<byte> body)
    {
        var options = call.Api.Options;
        return call.Terms.IdempotencyKey is { } key
            ? new IdempotencyTerms(key, RequestHash.Of(call, body), (long)options.IdempotencyKeep.TotalMilliseconds, options.IdempotencyKeys)
            : null;
    }

    private static ReadOnlyMemory<byte> Frame(IdempotencyTerms? key, RequestTerms terms, ReadOnlyMemory<byte> transaction) =>
        key is null && terms.Fences.IsEmpty ? transaction : EncodeFramed(key, terms.Fences, transaction.Span);

    private static byte[] EncodeFramed(IdempotencyTerms? key, ImmutableArray<Fence> fences, ReadOnlySpan<byte> transaction) =>
        EntryCodec.EncodeFramed(key, fences.AsSpan(), transaction);
}
