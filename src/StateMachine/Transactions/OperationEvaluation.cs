using System.Globalization;
using System.Text;
using RaftCluster.StateMachine.Leases;
using RaftCluster.StateMachine.Locks;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>Does the operations of one transaction, one after the other.</summary>
/// <param name="rows">The rows as the operations before left them.</param>
/// <param name="guards">What the fences are compared with.</param>
/// <param name="fences">The locks that the writer holds.</param>
internal readonly ref struct OperationEvaluation(Overlay rows, Guards guards, ReadOnlySpan<Fence> fences)
{
    private readonly ReadOnlySpan<Fence> _fences = fences;
    private readonly RowReads _reads = new(rows);
    private readonly ValueChanges _values = new(rows);

    /// <summary>Does an operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="failure">Why it can't be done.</param>
    /// <returns>What it did; null when it failed.</returns>
    public OperationResult? TryDo(Operation operation, out OperationFailure? failure)
    {
        failure = FindGuard(operation);
        if (failure is not null)
        {
            return null;
        }

        var result = Do(operation, out failure);
        failure ??= rows.Failure;
        return failure is null ? result : null;
    }

    private OperationResult? Do(Operation operation, out OperationFailure? failure)
    {
        failure = null;
        return operation switch
        {
            Operation.Put put => Put(put, out failure),
            Operation.Delete delete => new OperationResult.Deleted(rows.Delete(delete.Table, delete.Key.Span)),
            Operation.DeleteRange range => _reads.RemoveRange(range, out failure),
            Operation.Get get => _reads.Get(get, out failure),
            Operation.Range range => _reads.Range(range, out failure),
            Operation.Patch patch => _values.Patch(patch, out failure),
            Operation.Add add => _values.Add(add, out failure),
            Operation.GrantLease grant => LeaseRules.Grant(rows, grant),
            Operation.EndLeases end => LeaseRules.End(rows, end),
            Operation.AcquireLock acquire => LockRules.Acquire(rows, acquire),
            Operation.ReleaseLock release => LockRules.Release(rows, release),
            Operation.LeaveQueue leave => LockRules.Leave(rows, leave),
            Operation.Compact compact => new OperationResult.Compacted(rows.Compact(compact.Revision)),
            _ => throw new InvariantException($"unknown operation {operation.GetType().Name}"),
        };
    }

    private OperationFailure.Guarded? FindGuard(Operation operation)
    {
        if (!guards.Any)
        {
            return null;
        }

        var missing = operation switch
        {
            Operation.Put put => FindGuard(put.Table, KeyOf(put)),
            Operation.Delete delete => FindGuard(delete.Table, delete.Key.Span),
            Operation.Patch patch => FindGuard(patch.Table, patch.Key.Span),
            Operation.Add add => FindGuard(add.Table, add.Key.Span),
            Operation.DeleteRange range => guards.Missing(
                Encoding.UTF8.GetBytes(range.Table), range.Start.Span, range.End.Span, _fences),
            _ => null,
        };
        return missing is null ? null : new OperationFailure.Guarded(missing);
    }

    private string? FindGuard(string table, ReadOnlySpan<byte> key) =>
        guards.Missing(Encoding.UTF8.GetBytes(table), key, _fences);

    private OperationResult.Written? Put(Operation.Put put, out OperationFailure? failure)
    {
        failure = null;
        var lease = put.Lease.Id;
        if (lease > 0 && !rows.Look(SystemTables.Leases, LeaseRecord.KeyOf(lease)).Exists)
        {
            failure = new OperationFailure.Impossible(
                FailureKind.LeaseAbsent, $"there is no lease {lease.ToString(NumberFormatInfo.InvariantInfo)}");
            return null;
        }

        if (put.Lease.TtlMs > 0)
        {
            lease = ImplicitLease(put.Lease.TtlMs);
        }

        var key = KeyOf(put);
        if (put.Lease.Id > 0
            && rows.Lists.CountOf(lease) >= LeaseRecord.MaximumRows
            && rows.Look(put.Table, key).Lease != lease)
        {
            failure = new OperationFailure.Impossible(
                FailureKind.LeaseFull,
                string.Create(
                    NumberFormatInfo.InvariantInfo,
                    $"the lease {lease} has {LeaseRecord.MaximumRows} rows, as many as may go at once: put further rows on another"));
            return null;
        }

        var version = rows.Put(put.Table, key, put.ContentType, put.Value, lease);
        return new OperationResult.Written(key.ToArray(), version, lease);
    }

    /// <summary>The lease that all puts of this transaction share which ask for a new one.</summary>
    private long ImplicitLease(long ttlMs)
    {
        var key = LeaseRecord.KeyOf(rows.Revision);
        if (!rows.Look(SystemTables.Leases, key).Exists)
        {
            var lease = new LeaseRecord(ttlMs, Implicit: true, rows.Time);
            rows.Put(SystemTables.Leases, key, SystemTables.ContentType, lease.ToJson());
        }

        return rows.Revision;
    }

    private ReadOnlySpan<byte> KeyOf(Operation.Put put) => put.KeyIsRevision
        ? Encoding.ASCII.GetBytes(rows.Revision.ToString("d19", NumberFormatInfo.InvariantInfo))
        : put.Key.Span;
}
