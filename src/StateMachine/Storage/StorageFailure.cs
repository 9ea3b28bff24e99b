using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>Tells from RocksDB's message what kind of failure it is.</summary>
internal static class StorageFailure
{
    public static StorageException From(string folder, RocksDbSharpException failure) =>
        new(folder, FaultOf(failure.Message), failure.Message.ReplaceLineEndings(" "), failure);

    /// <summary>A file that is missing when a store is opened is damage: its other files name it.</summary>
    public static StorageException FromOpening(string folder, RocksDbSharpException failure)
    {
        var told = From(folder, failure);
        return told.Fault == StorageFault.Disk && failure.Message.Contains("No such file", StringComparison.Ordinal)
            ? new StorageException(folder, StorageFault.Corrupt, failure.Message.ReplaceLineEndings(" "), failure)
            : told;
    }

    private static StorageFault FaultOf(string message)
    {
        if (message.Contains("lock hold by", StringComparison.OrdinalIgnoreCase)
            || message.Contains("While lock file", StringComparison.OrdinalIgnoreCase))
        {
            return StorageFault.Locked;
        }

        if (message.Contains("No space left", StringComparison.OrdinalIgnoreCase)
            || message.Contains("NoSpace", StringComparison.OrdinalIgnoreCase))
        {
            return StorageFault.DiskFull;
        }

        return message.StartsWith("Corruption", StringComparison.Ordinal) ? StorageFault.Corrupt : StorageFault.Disk;
    }
}
