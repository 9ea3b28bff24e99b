using System.Collections.Immutable;
using System.Text;
using RaftCluster.StateMachine.Leases;
using RaftCluster.StateMachine.Locks;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>Decides what a transaction of several operations does, over an overlay that its caller writes when it succeeds.</summary>
internal static class TransactionEvaluation
{
    /// <summary>Decides.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="rows">The rows, unchanged yet; afterwards, unless it failed, with all that it did.</param>
    /// <param name="guards">Which keys only holders of locks may write.</param>
    /// <param name="fences">The locks that the writer holds.</param>
    /// <returns>The outcome, with the revision from before.</returns>
    public static Outcome Run(Transaction transaction, Overlay rows, Guards guards, ReadOnlySpan<Fence> fences)
    {
        var revision = rows.Revision - 1;
        foreach (var requirement in transaction.Requires)
        {
            if (rows.Look(SystemTables.Tables, Encoding.UTF8.GetBytes(requirement.Table)).Revision != requirement.Revision)
            {
                return new Outcome.Failed(revision, FailureKind.TableChanged, -1, requirement.Table);
            }
        }

        var succeeded = transaction.If.All(condition => ConditionEvaluation.IsTrue(condition, rows));
        var branch = succeeded ? transaction.Then : transaction.Else;
        var results = ImmutableArray.CreateBuilder<OperationResult>(branch.Length);
        var evaluation = new OperationEvaluation(rows, guards, fences);
        foreach (var operation in branch)
        {
            if (evaluation.TryDo(operation, out var failure) is { } result)
            {
                results.Add(result);
                continue;
            }

            return failure switch
            {
                OperationFailure.Impossible why =>
                    new Outcome.Failed(revision, why.Kind, results.Count, why.Detail, InElse: !succeeded),
                OperationFailure.Guarded by => Fenced(rows, revision, by.Lock),
                _ => throw new InvariantException("an operation that did nothing says why"),
            };
        }

        return new Outcome.Transacted(revision, succeeded, results.MoveToImmutable());
    }

    /// <summary>The refusal of a write that lacks a lock.</summary>
    public static Outcome.Fenced Fenced(Overlay rows, long revision, string name) =>
        new(revision, name, HoldersFence(rows, name));

    /// <summary>The fence of a lock's present holder; 0 when there is none.</summary>
    public static long HoldersFence(Overlay rows, string name) =>
        rows.Find(SystemTables.Locks, Encoding.UTF8.GetBytes(name)) is { } row ? LockRules.HoldersFence(row.Value.Span) : 0;

    /// <summary>Removes the leases that puts made and that have no row any more.</summary>
    public static void EndUnusedLeases(Overlay rows)
    {
        foreach (var lease in rows.Lists.Left)
        {
            var key = LeaseRecord.KeyOf(lease);
            if (rows.Find(SystemTables.Leases, key) is { } row
                && LeaseRecord.Read(row.Value.Span).Implicit
                && rows.Lists.RowsOf(lease).Count == 0)
            {
                rows.Delete(SystemTables.Leases, key);
            }
        }
    }
}
