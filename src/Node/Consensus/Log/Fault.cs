using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>Which exit code and message an exception of the log means.</summary>
internal static class Fault
{
    public static int CodeOf(Exception thrown) => thrown switch
    {
        DiskException { IsFull: true } => ExitCode.DiskFull,
        DiskException => ExitCode.Disk,
        NewerFormatException => ExitCode.DataFolder,
        LogDamageException => ExitCode.Corrupt,
        _ => ExitCode.Internal,
    };

    public static string MessageOf(Exception thrown)
        => thrown is DiskException or LogDamageException ? thrown.Message : $"the log broke: {thrown.GetType().Name}: {thrown.Message}";

    /// <summary>Ends the process; or, when a test's delegate returns, makes the exception that callers get instead.</summary>
    public static LogFailedException Stop(Action<int, string> fatal, Exception thrown)
    {
        var (code, message) = (CodeOf(thrown), MessageOf(thrown));
        fatal(code, message);
        return new LogFailedException(code, message);
    }
}
