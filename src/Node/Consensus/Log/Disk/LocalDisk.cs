using System.Runtime.InteropServices;

namespace RaftCluster.Node.Consensus.Log.Disk;

/// <summary>This machine's disk.</summary>
internal sealed class LocalDisk : IDisk
{
    private LocalDisk()
    {
    }

    public static LocalDisk Instance { get; } = new();

    public IReadOnlyList<string> List(string folder)
        => Guard("listing", folder, () => Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).ToList());

    public IReadOnlyList<string> ListFolders(string folder)
        => Guard("listing", folder, () => Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).ToList());

    public void DeleteFolder(string folder) => Guard("deleting", folder, () =>
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    public void CreateFolder(string folder)
    {
        var full = Path.GetFullPath(folder);
        if (Directory.Exists(full))
        {
            return;
        }

        var parent = Path.GetDirectoryName(full);
        if (parent is not null)
        {
            CreateFolder(parent);
        }

        Guard("making", full, () => Directory.CreateDirectory(full));
        if (parent is not null)
        {
            SyncFolder(parent);
        }
    }

    public IDiskFile Open(string path, DiskOpen how)
    {
        var mode = how == DiskOpen.Create ? FileMode.OpenOrCreate : FileMode.Open;
        var access = how == DiskOpen.Read ? FileAccess.Read : FileAccess.ReadWrite;
        // Sharing everything takes no lock: one process a folder is the node's own lock file, and tools may read along.
        const FileShare sharing = FileShare.ReadWrite | FileShare.Delete;
        return new LocalFile(path, Guard("opening", path, () => File.OpenHandle(path, mode, access, sharing)));
    }

    public void Rename(string from, string to) => Guard("renaming", from, () => File.Move(from, to, overwrite: true));

    public void Delete(string path) => Guard("deleting", path, () => File.Delete(path));

    public void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals names itself, and gives no handle of a folder to flush.
        }

        var handle = LibC.Open(folder, 0);
        if (handle < 0)
        {
            throw DiskException.FromErrno("opening", folder, offset: null, Marshal.GetLastPInvokeError());
        }

        int error;
        do
        {
            error = LibC.FSync(handle) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (error == LibC.Interrupted);

        _ = LibC.Close(handle); // Nothing was written through it: its close can't lose anything.
        if (error != 0)
        {
            throw DiskException.FromErrno("sync", folder, offset: null, error);
        }
    }

    internal static T Guard<T>(string operation, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception thrown) when (thrown is IOException and not DiskException or UnauthorizedAccessException)
        {
            throw DiskException.From(operation, path, offset: null, thrown);
        }
    }

    internal static void Guard(string operation, string path, Action action)
        => Guard(operation, path, () =>
        {
            action();
            return true;
        });
}
