using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Snapshots;

namespace RaftCluster.Node.Space;

/// <summary>Adds up a data folder: a few folders, each without folders of its own.</summary>
internal static class FolderSizes
{
    private const string BackupsName = "backups";

    /// <summary>Adds up. What vanishes on the way counts for nothing.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="rows">The name of the folder within it that holds the rows.</param>
    public static DiskUsage Of(string data, string rows)
    {
        var usage = new DiskUsage { Other = Files(data).Sum(file => file.Bytes) };
        var held = Files(Path.Combine(data, rows)).ToHashSet();
        foreach (var name in Folders(data))
        {
            var files = Files(Path.Combine(data, name));
            var bytes = files.Sum(file => file.Bytes);
            usage = name switch
            {
                LogFolder.Name when files.Where(file => file.Name == LogFolder.Spare).Sum(file => file.Bytes) is var spare =>
                    usage with { Log = bytes - spare, Spare = spare },
                _ when name == rows => usage with { Rows = bytes },
                // The same name and length: a hard link to the rows' own.
                _ when name.StartsWith(StoreFolders.CopyPrefix, StringComparison.Ordinal) =>
                    usage with { Snapshots = usage.Snapshots + files.Where(file => !held.Contains(file)).Sum(file => file.Bytes) },
                _ when name.StartsWith(StorePointer.First.Folder, StringComparison.Ordinal) => usage with { Snapshots = usage.Snapshots + bytes },
                _ when name.StartsWith(StoreFolders.AsidePrefix, StringComparison.Ordinal) => usage with { Aside = usage.Aside + bytes },
                BackupsName => usage with { Backups = Whole(Path.Combine(data, name)) },
                _ => usage with { Other = usage.Other + Whole(Path.Combine(data, name)) },
            };
        }

        return usage;
    }

    private static long Whole(string folder) =>
        Files(folder).Sum(file => file.Bytes) + Folders(folder).Sum(name => Whole(Path.Combine(folder, name)));

    private static List<string> Folders(string folder)
    {
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateDirectories().Where(inner => inner.LinkTarget is null).Select(inner => inner.Name)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static List<(string Name, long Bytes)> Files(string folder)
    {
        var files = new List<(string, long)>();
        try
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
            {
                try
                {
                    files.Add((file.Name, file.Length));
                }
                catch (FileNotFoundException)
                {
                    // RocksDB removed it meanwhile.
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // A copy that was sent, or rows that were switched.
        }

        return files;
    }
}
