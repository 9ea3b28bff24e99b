namespace RaftCluster.Cli;

/// <summary>What <c>raftctl</c> tells scripts when it ends.</summary>
public static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>There is no such row.</summary>
    public const int NotFound = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The precondition does not hold: nothing changed.</summary>
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

    /// <summary>Interrupted: a write under way may or may not have been applied.</summary>
    public const int Interrupted = 130;

    /// <summary>All codes with a line each, for <c>raftctl exit-codes</c>.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "done"),
        (NotFound, "there is no such row"),
        (Usage, "the command line is wrong"),
        (PreconditionFailed, "the precondition does not hold: nothing changed"),
        (Unavailable, "no node could be reached, or there is no leader: nothing changed"),
        (OutcomeUnknown, "whether the write was applied is unknown: read before writing again"),
        (Refused, "the cluster refused the request"),
        (Local, "something on this machine is in the way: a file, a folder, a port, a node that does not start"),
        (ReplicasDiffer, "nodes at the same revision hold different data"),
        (Internal, "a fault in raftctl itself"),
        (Interrupted, "interrupted: a write under way may or may not have been applied"),
    ];
}
