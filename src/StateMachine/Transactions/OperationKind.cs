namespace RaftCluster.StateMachine.Transactions;

/// <summary>The kinds of <see cref="Operation"/>, as they are numbered in a log entry.</summary>
internal enum OperationKind : byte
{
    Put = 1,
    Delete = 2,
    DeleteRange = 3,
    Get = 4,
    Range = 5,
    Patch = 6,
    Add = 7,
    GrantLease = 8,
    EndLeases = 9,
    AcquireLock = 10,
    ReleaseLock = 11,
    LeaveQueue = 12,
    Compact = 20,
}
