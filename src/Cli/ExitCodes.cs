namespace RaftCluster.Cli;

/// <summary>What <c>raftctl</c> tells scripts when it ends.</summary>
public static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>There is no such row, table, lease or lock.</summary>
    public const int NotFound = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The precondition, or the fence, does not hold: nothing changed. Of a transaction: its conditions, and <c>else</c> was done.</summary>
    public const int PreconditionFailed = 3;

    /// <summary>No node could be reached, or there is no leader: nothing changed.</summary>
    public const int Unavailable = 4;

    /// <summary>Whether the write was applied is unknown.</summary>
    public const int OutcomeUnknown = 5;

    /// <summary>The cluster refused the request: nothing changed unless the message says so.</summary>
    public const int Refused = 6;

    /// <summary>Something on this machine is in the way: a file, a folder, a port, a node that does not start.</summary>
    public const int Local = 7;

    /// <summary>Nodes at the same revision hold different data.</summary>
    public const int ReplicasDiffer = 8;

    /// <summary>A fault in raftctl itself.</summary>
    public const int Internal = 70;

    /// <summary>The lock is held by another, and the wait is over.</summary>
    public const int NotAcquired = 75;

    /// <summary>The lock, or the lead, was lost while the command ran: it was stopped.</summary>
    public const int LockLost = 76;

    /// <summary>The command to run under the lock can't be started.</summary>
    public const int CommandNotStarted = 127;

    /// <summary>Interrupted: a write under way may or may not have been applied.</summary>
    public const int Interrupted = 130;

    /// <summary>All codes with a line each, for <c>raftctl exit-codes</c>.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "done"),
        (NotFound, "there is no such row, table, lease or lock; nobody holds the lock, or leads"),
        (Usage, "the command line is wrong"),
        (PreconditionFailed, "the precondition or the fence does not hold: nothing changed (txn: 'else' was done)"),
        (Unavailable, "no node could be reached, or there is no leader: nothing changed"),
        (OutcomeUnknown, "whether the write was applied is unknown: the same command with its --idempotency-key is safe"),
        (Refused, "the cluster refused the request"),
        (Local, "something on this machine is in the way: a file, a folder, a port, a node that does not start"),
        (ReplicasDiffer, "nodes at the same revision hold different data"),
        (Internal, "a fault in raftctl itself"),
        (NotAcquired, "the lock is held by another, and the wait is over"),
        (LockLost, "the lock or the lead was lost while the command ran: it was stopped"),
        (CommandNotStarted, "the command to run under the lock can't be started"),
        (Interrupted, "interrupted: a write under way may or may not have been applied"),
    ];
}
