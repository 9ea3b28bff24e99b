using RaftCluster.StateMachine.Locks;

namespace RaftCluster.StateMachine.Leases;

/// <summary>What the operations on leases decide.</summary>
internal static class LeaseRules
{
    /// <summary>Makes a lease.</summary>
    public static OperationResult Grant(ITransactionRows rows, Operation.GrantLease grant) =>
        new OperationResult.LeaseGranted(Make(rows, grant.TtlMs, grant.Owner), grant.TtlMs);

    /// <summary>Makes the lease whose id is the transaction's revision.</summary>
    /// <returns>Its id.</returns>
    public static long Make(ITransactionRows rows, long ttlMs, string? owner)
    {
        var key = LeaseRecord.KeyOf(rows.Revision);
        Invariant.Holds(rows.Find(SystemTables.Leases, key) is null, "a transaction makes one lease at most");
        var lease = new LeaseRecord(ttlMs, Implicit: false, rows.Time, owner);
        rows.Put(SystemTables.Leases, key, SystemTables.ContentType, lease.ToJson());
        return rows.Revision;
    }

    /// <summary>Ends leases, with the rows on them and the locks they hold or wait for.</summary>
    public static OperationResult End(ITransactionRows rows, Operation.EndLeases end) =>
        end.Term == 0 || end.Term == rows.Term
            ? End(rows, end.Ids.AsSpan())
            : new OperationResult.LeasesEnded(0, 0);

    /// <summary>Ends leases. A lock passes on only when all of them are gone: never to one that ends here too.</summary>
    public static OperationResult.LeasesEnded End(ITransactionRows rows, ReadOnlySpan<long> ids)
    {
        var ended = new HashSet<long>();
        var locks = new List<byte[]>();
        var gone = 0L;
        foreach (var id in ids)
        {
            if (rows.Find(SystemTables.Leases, LeaseRecord.KeyOf(id)) is null || !ended.Add(id))
            {
                continue;
            }

            foreach (var (table, key) in rows.RowsOfLease(id))
            {
                if (table == SystemTables.Locks)
                {
                    locks.Add(key.ToArray());
                    rows.Detach(id, table, key.Span);
                }
                else if (rows.Delete(table, key.Span))
                {
                    gone++;
                }
            }

            // An implicit one went with its last row.
            rows.Delete(SystemTables.Leases, LeaseRecord.KeyOf(id));
        }

        foreach (var name in locks)
        {
            LockRules.LoseLeases(rows, name, ended);
        }

        return new OperationResult.LeasesEnded(ended.Count, gone);
    }
}
