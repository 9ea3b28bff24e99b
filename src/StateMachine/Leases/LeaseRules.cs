namespace RaftCluster.StateMachine.Leases;

/// <summary>What the operations on leases decide.</summary>
internal static class LeaseRules
{
    /// <summary>Makes a lease.</summary>
    public static OperationResult Grant(ITransactionRows rows, Operation.GrantLease grant) =>
        throw new InvariantException($"leases are not granted yet: {rows.Revision} {grant.TtlMs}");

    /// <summary>Ends leases, with the rows on them and the locks they hold or wait for.</summary>
    public static OperationResult End(ITransactionRows rows, Operation.EndLeases end) =>
        throw new InvariantException($"leases are not ended yet: {rows.Revision} {end.Ids.Length}");
}
