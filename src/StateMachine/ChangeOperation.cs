namespace RaftCluster.StateMachine;

/// <summary>What a transaction did to one row, as it is numbered in the change log.</summary>
public enum ChangeOperation : byte
{
    /// <summary>The row is new.</summary>
    Insert = 1,

    /// <summary>The row was written in place of an earlier version.</summary>
    Update = 2,

    /// <summary>The row was removed.</summary>
    Delete = 3,
}
