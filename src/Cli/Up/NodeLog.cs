namespace RaftCluster.Cli.Up;

/// <summary>A node's log file: appended to across restarts, with one old file kept when it has grown large.</summary>
internal static class NodeLog
{
    private const long Large = 64 * 1024 * 1024;

    internal static FileStream Open(string path)
    {
        if (File.Exists(path) && new FileInfo(path).Length > Large)
        {
            File.Move(path, path + ".old", overwrite: true);
        }

        // No buffer: a line that was said is there to be read at once.
        return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
