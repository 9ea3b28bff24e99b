using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Backups;

/// <summary>A folder into which a node makes its backups. Others may be in it too: they are left alone.</summary>
internal sealed class BackupFolder
{
    private readonly string _folder;
    private readonly List<BackupFolderFile> _files;

    private BackupFolder(string folder, List<BackupFolderFile> files) => (_folder, _files) = (folder, files);

    /// <summary>The newest backup; null for none.</summary>
    public BackupFolderFile? Newest => _files.LastOrDefault();

    /// <summary>The newest full backup and the increments on it, each going on where the one before it ends; empty when there is none.</summary>
    public IReadOnlyList<BackupFolderFile> Chain
    {
        get
        {
            var chain = _files[Math.Max(0, _files.FindLastIndex(file => !file.Header.IsIncrement))..];
            return chain.Count > 0 && !chain[0].Header.IsIncrement
                && chain.Zip(chain.Skip(1)).All(pair => pair.Second.Header.Since <= pair.First.Header.Revision)
                    ? chain
                    : [];
        }
    }

    /// <summary>Opens a folder, makes it when it is missing, and removes what a crash left of this node's backups.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="owner">Whose backups are meant.</param>
    /// <exception cref="IOException">It can't be used.</exception>
    public static BackupFolder Open(string folder, BackupOwner owner)
    {
        LocalDisk.Instance.CreateFolder(folder);
        var files = new List<BackupFolderFile>();
        foreach (var path in Directory.EnumerateFiles(folder, owner.Prefix + "*"))
        {
            if (path.EndsWith(BackupFormat.Suffix + BackupFormat.Unfinished, StringComparison.Ordinal))
            {
                LocalDisk.Instance.Delete(path);
            }
            else if (path.EndsWith(BackupFormat.Suffix, StringComparison.Ordinal) && HeaderOf(path) is { } header && owner.Made(header))
            {
                files.Add(new BackupFolderFile(path, header, new FileInfo(path).Length));
            }
        }

        return new BackupFolder(
            folder,
            [.. files.OrderBy(file => file.Header.CreatedAt).ThenBy(file => file.Header.Index).ThenBy(file => file.Path, StringComparer.Ordinal)]);
    }

    /// <summary>Writes a backup; it has its name when all of it is on the disk.</summary>
    /// <exception cref="IOException">The disk failed; nothing is left of it.</exception>
    public async Task<BackupFolderFile> SaveAsync(PreparedBackup backup, CancellationToken token)
    {
        var path = Path.Combine(_folder, backup.FileName);
        var part = path + BackupFormat.Unfinished;
        try
        {
            long bytes;
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.Read))
            {
                (bytes, _) = await backup.WriteAsync(file, token).ConfigureAwait(false);
            }

            using (var written = LocalDisk.Instance.Open(part, DiskOpen.ReadWrite))
            {
                written.Sync();
            }

            LocalDisk.Instance.Rename(part, path);
            LocalDisk.Instance.SyncFolder(_folder);
            var made = new BackupFolderFile(path, backup.Header, bytes);
            _files.Add(made);
            return made;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    /// <summary>Removes all but so many full backups, and the increments on those that go.</summary>
    /// <param name="keep">How many full ones stay; at least 1.</param>
    /// <returns>How many files were removed.</returns>
    public int RemoveOld(int keep)
    {
        var full = _files.Where(file => !file.Header.IsIncrement).ToList();
        var first = full.Count > keep ? _files.IndexOf(full[^keep]) : 0;
        // The increments first: without its full backup none of them is worth anything.
        foreach (var file in _files.Take(first).Reverse())
        {
            LocalDisk.Instance.Delete(file.Path);
        }

        LocalDisk.Instance.SyncFolder(_folder);
        _files.RemoveRange(0, first);
        return first;
    }

    /// <summary>What a file says of itself; null when it is no backup that this version knows: it is left alone.</summary>
    private static BackupHeader? HeaderOf(string path)
    {
        try
        {
            using var reader = BackupReader.Open(path);
            return reader.Header;
        }
        catch (BackupException)
        {
            return null;
        }
    }
}

/// <summary>A backup in a folder.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Header">What it says of itself.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record BackupFolderFile(string Path, BackupHeader Header, long Bytes);

/// <summary>Whose backups are meant: those of one node of one history.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="ClusterId">The cluster's id.</param>
/// <param name="Epoch">The history's epoch.</param>
/// <param name="Node">The node.</param>
internal sealed record BackupOwner(string Cluster, string ClusterId, int Epoch, string Node)
{
    /// <summary>What the names of their files begin with.</summary>
    public string Prefix => $"{Cluster}-{Node}-e{Epoch}-";

    /// <summary>Whether a backup is one of them.</summary>
    public bool Made(BackupHeader header) => header.ClusterId == ClusterId && header.Epoch == Epoch && header.Node == Node;
}
