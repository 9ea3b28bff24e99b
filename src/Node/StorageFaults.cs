using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node;

/// <summary>What a failing store means for the process.</summary>
internal static class StorageFaults
{
    /// <summary>The exit code that says so.</summary>
    public static int ExitCodeOf(StorageFault fault) => fault switch
    {
        StorageFault.DiskFull => ExitCode.DiskFull,
        StorageFault.Corrupt => ExitCode.Corrupt,
        StorageFault.Locked or StorageFault.NewerFormat => ExitCode.DataFolder,
        _ => ExitCode.Disk,
    };
}
