using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftCluster.Node.Configuration;

/// <summary>Replaces a small file so that after a crash at any moment the old or the new content is there, whole.</summary>
internal static partial class DurableFile
{
    /// <exception cref="IOException">The file could not be brought to disk; the old one may still be there.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var aside = path + ".new";
        using (var file = File.OpenHandle(aside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(file, content, 0);
            Sync(file, aside);
        }

        File.Move(aside, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Brings a folder's entries to disk: without it a new or renamed file may be gone after a power loss.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, OpenDirectory | OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            throw new IOException($"{folder} can't be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Sync(handle, folder);
    }

    /// <summary>.NET's own flush returns normally when the disk reports an error, so libc is asked itself.</summary>
    /// <exception cref="IOException">The file could not be brought to disk.</exception>
    public static void Sync(SafeFileHandle file, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        if (FSync(file) != 0)
        {
            throw new IOException($"{name} can't be brought to disk: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private static readonly int OpenDirectory = OperatingSystem.IsLinux()
        ? RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x4000 : 0x10000
        : 0x100000;

    private static readonly int OpenCloseOnExec = OperatingSystem.IsLinux() ? 0x80000 : 0x1000000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);
}
