using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>Tells from RocksDB's message what kind of failure it is.</summary>
internal static class StorageFailure
{
    public static StorageException From(string folder, RocksDbSharpException failure) =>
        new(folder, FaultOf(failure.Message), failure.Message.ReplaceLineEndings(" "), failure);

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
