using System.Collections.Immutable;
using RaftCluster.Node.Configuration;
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

    /// <summary>Proposes a change.</summary>
    /// <param name="call">The request.</param>
    /// <param name="change">What it wants changed.</param>
    /// <param name="key">The name under which its outcome is kept; null for none.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="held">
    /// Whether the proposal, if this comes to it before it first waits, may wait for <see cref="IConsensus.ProposeHeld"/>.
    /// </param>
    public static async ValueTask<Decision> DecideAsync(
        Call call, Change change, IdempotencyTerms? key, Patience patience, bool held = false)
    {
        var (api, terms) = (call.Api, call.Terms);
        var isCurrent = false;
        while (true)
        {
            var plan = change.Prepare(call);
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

                (isCurrent, held) = (true, false);
                continue;
            }

            if (RoomForWrites.Refuse(api, plan.Transaction.Span) is { } full)
            {
                // What was done under its key before is still told.
                return (key is null ? null : await CatchUpAsync(call, key, patience)) ?? new Decision(null, full);
            }

            var proposal = await api.Consensus.ProposeAsync(Frame(key, terms, plan.Transaction), terms.Durability, patience.Token, held);
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

            (isCurrent, held) = (true, false);
        }
    }

    /// <summary>The name of a request whose outcome is to be kept; null when it has none.</summary>
    /// <param name="call">The request.</param>
    /// <param name="body">Its body.</param>
    public static IdempotencyTerms? KeyOf(Call call, ReadOnlySpan<byte> body) =>
        call.Terms.IdempotencyKey is { } key ? KeyOf(call.Api.Options, key, RequestHash.Of(call, body)) : null;

    /// <summary>The name under which an outcome is kept.</summary>
    public static IdempotencyTerms KeyOf(NodeOptions options, string key, UInt128 hash) =>
        new(key, hash, (long)options.IdempotencyKeep.TotalMilliseconds, options.IdempotencyKeys);

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

    private static ReadOnlyMemory<byte> Frame(IdempotencyTerms? key, RequestTerms terms, ReadOnlyMemory<byte> transaction) =>
        key is null && terms.Fences.IsEmpty ? transaction : EncodeFramed(key, terms.Fences, transaction.Span);

    private static byte[] EncodeFramed(IdempotencyTerms? key, ImmutableArray<Fence> fences, ReadOnlySpan<byte> transaction) =>
        EntryCodec.EncodeFramed(key, fences.AsSpan(), transaction);
}
