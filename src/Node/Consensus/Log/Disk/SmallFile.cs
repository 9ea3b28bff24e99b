namespace RaftCluster.Node.Consensus.Log.Disk;

/// <summary>Files that are read and written as a whole.</summary>
internal static class SmallFile
{
    private const string Aside = ".new";

    /// <summary>Takes the place of a file, durably: after a crash at any moment the old content or the new one is there, whole.</summary>
    /// <exception cref="DiskException">The disk failed: either counts.</exception>
    public static void Replace(IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        using (var file = disk.Open(path + Aside, DiskOpen.Create))
        {
            file.SetLength(content.Length);
            file.Write(0, content);
            file.Sync();
        }

        disk.Rename(path + Aside, path);
        disk.SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>All of a file; null when there is none.</summary>
    /// <exception cref="DiskException">The disk failed.</exception>
    public static byte[]? Read(IDisk disk, string path)
    {
        if (!disk.List(Path.GetDirectoryName(path)!).Contains(Path.GetFileName(path)))
        {
            return null;
        }

        using var file = disk.Open(path, DiskOpen.Read);
        var content = new byte[file.Length];
        file.Read(0, content);
        return content;
    }
}
