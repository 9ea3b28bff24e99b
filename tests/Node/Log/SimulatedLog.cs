using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Log;

/// <summary>Logs on simulated disks, with small segments.</summary>
internal static class SimulatedLog
{
    public const string Folder = "/data";

    // Never the same twice, or a recycled segment's old records would be good ones.
    private static ulong _salt;

    /// <param name="disk">The disk.</param>
    /// <param name="fatal">Receives fatal errors.</param>
    /// <param name="background">Whether segments are prepared, and marks written, when the log sees fit: otherwise the order of the calls to the disk is always the same.</param>
    /// <param name="mayBeGone">Whether the log was set aside.</param>
    public static SegmentedLog Open(
        SimulatedDisk disk, List<(int Code, string Message)>? fatal = null, bool background = false, bool mayBeGone = false)
    {
        var options = new SegmentedLogOptions
        {
            SegmentBytes = 8192,
            MemoryBytes = 2000,
            MarkAfter = background ? TimeSpan.Zero : Timeout.InfiniteTimeSpan,
            PrepareAhead = background,
        };
        return SegmentedLog.Open(
            Folder,
            options,
            (code, message) => fatal?.Add((code, message)),
            disk,
            () => Interlocked.Increment(ref _salt) * 0x9E3779B97F4A7C15,
            mayBeGone);
    }

    public static string SegmentPath(long sequence) => Path.Combine(Folder, LogFolder.SegmentName(sequence));
}
