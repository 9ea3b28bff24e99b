namespace RaftCluster.StateMachine.Storage;

/// <summary>How a folder is opened.</summary>
internal enum Opening
{
    /// <summary>The store in it, or a new one when there is none.</summary>
    OrMake,

    /// <summary>The store in it; without one it is refused.</summary>
    Existing,

    /// <summary>The store in it, to look at: no lock is taken and no file is made, changed or removed.</summary>
    ReadOnly,
}
