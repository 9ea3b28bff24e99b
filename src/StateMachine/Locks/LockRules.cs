namespace RaftCluster.StateMachine.Locks;

/// <summary>What the operations on locks decide.</summary>
internal static class LockRules
{
    /// <summary>Takes a lock, or a place in its queue.</summary>
    public static OperationResult Acquire(ITransactionRows rows, Operation.AcquireLock acquire) =>
        throw new InvariantException($"locks are not taken yet: {rows.Revision} {acquire.Name}");

    /// <summary>Gives a lock back, and to the first that waits.</summary>
    public static OperationResult Release(ITransactionRows rows, Operation.ReleaseLock release) =>
        throw new InvariantException($"locks are not given back yet: {rows.Revision} {release.Name}");

    /// <summary>Takes somebody out of a lock's queue.</summary>
    public static OperationResult Leave(ITransactionRows rows, Operation.LeaveQueue leave) =>
        throw new InvariantException($"queues are not left yet: {rows.Revision} {leave.Name}");

    /// <summary>The fence of a lock's present holder.</summary>
    /// <param name="value">The lock's row in <see cref="SystemTables.Locks"/>.</param>
    /// <returns>The fence; 0 when nobody holds the lock.</returns>
    public static long HoldersFence(ReadOnlySpan<byte> value) =>
        throw new InvariantException($"locks are not read yet: {value.Length}");
}
