namespace RaftCluster.StateMachine.Storage;

/// <summary>What kind of failure a store met.</summary>
public enum StorageFault
{
    /// <summary>The disk or the file system failed.</summary>
    Disk,

    /// <summary>There is no space left.</summary>
    DiskFull,

    /// <summary>What is on disk is damaged.</summary>
    Corrupt,

    /// <summary>Another process, or another store of this one, has the folder open.</summary>
    Locked,

    /// <summary>A newer version of this code wrote the folder.</summary>
    NewerFormat,
}

/// <summary>
/// A store can't go on. Nothing is tried again: what reached the disk is unknown, and the process must stop and start
/// from what is there.
/// </summary>
public sealed class StorageException : Exception
{
    /// <summary>Describes a failure.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="fault">What kind it is.</param>
    /// <param name="reason">What happened, in one line.</param>
    /// <param name="cause">The failure underneath, if there is one.</param>
    public StorageException(string folder, StorageFault fault, string reason, Exception? cause = null)
        : base($"store in {folder}: {reason}", cause)
    {
        Folder = folder;
        Fault = fault;
        Reason = reason;
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>What kind of failure it is.</summary>
    public StorageFault Fault { get; }

    /// <summary>What happened, in one line: the message without the folder.</summary>
    public string Reason { get; }
}
