namespace RaftCluster.StateMachine;

/// <summary>What a transaction may be, as they are numbered in a log entry.</summary>
public enum CommandKind : byte
{
    /// <summary><see cref="Command.Put"/>.</summary>
    Put = 1,

    /// <summary><see cref="Command.Delete"/>.</summary>
    Delete = 2,

    /// <summary><see cref="Command.DeleteRange"/>.</summary>
    DeleteRange = 3,

    /// <summary><see cref="StateMachine.Transaction"/>.</summary>
    Transaction = 4,

    /// <summary>Any other kind, with an idempotency key or fences.</summary>
    Framed = 5,
}
