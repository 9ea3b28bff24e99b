namespace RaftCluster.StateMachine;

/// <summary>The kinds of <see cref="Command"/>, as they are numbered in a log entry.</summary>
public enum CommandKind : byte
{
    /// <summary><see cref="Command.Put"/>.</summary>
    Put = 1,

    /// <summary><see cref="Command.Delete"/>.</summary>
    Delete = 2,

    /// <summary><see cref="Command.DeleteRange"/>.</summary>
    DeleteRange = 3,
}
