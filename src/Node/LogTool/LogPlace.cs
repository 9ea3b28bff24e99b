using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.LogTool;

/// <summary>Where a log is on this machine's disk.</summary>
/// <param name="Folder">The folder with its segments.</param>
/// <param name="User">The process that uses it now; null when none does.</param>
internal sealed record LogPlace(string Folder, string? User)
{
    /// <summary>Finds the log of a node's data folder, or of the log folder in it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="fault">Why there is none.</param>
    public static LogPlace? Find(string path, out string? fault)
    {
        fault = null;
        try
        {
            path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
            if (!Directory.Exists(path))
            {
                fault = File.Exists(path) ? $"{path} is a file: name the folder it is in" : $"{path} is not there";
                return null;
            }

            var log = Path.Combine(path, LogFolder.Name);
            if (Directory.Exists(log))
            {
                return new LogPlace(log, DataFolder.UserOf(path));
            }

            if (IsLog(path))
            {
                return new LogPlace(path, Path.GetDirectoryName(path) is { } data ? DataFolder.UserOf(data) : null);
            }

            var inner = Directory.EnumerateDirectories(path).Order()
                .FirstOrDefault(each => Directory.Exists(Path.Combine(each, LogFolder.Name)));
            fault = $"{path} is neither a node's data folder nor its log folder" + (inner is null ? "" : $"; did you mean {inner}?");
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            fault = $"{path} can't be read: {OneLine.Of(unread)}";
        }

        return null;
    }

    /// <summary>Everything in it. Damage in a log that is being written counts only when it is still there at a second look.</summary>
    /// <exception cref="IOException">A file can't be read.</exception>
    public IEnumerable<LogFinding> Read()
    {
        foreach (var finding in LogInspector.Read(Folder))
        {
            yield return finding is LogFinding.Damaged damaged && User is not null && !LogInspector.Read(Folder).Contains(damaged)
                ? new LogFinding.Torn(damaged.File, damaged.Offset)
                : finding;
        }
    }

    private static bool IsLog(string folder) =>
        LogFolder.Segments(LocalDisk.Instance, folder).Count > 0 || File.Exists(Path.Combine(folder, LogFolder.Vote));
}
