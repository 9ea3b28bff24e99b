using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftCluster.Node.Consensus.Log.Disk;

/// <summary>The calls that .NET has not, or whose errors it swallows.</summary>
internal static partial class LibC
{
    public const int Interrupted = 4;
    public const int InvalidArgument = 22;

    /// <summary>macOS: flush the drive's own cache too, which its fsync does not.</summary>
    public const int FullSync = 51;

    /// <summary>EOPNOTSUPP: the file system can't reserve room.</summary>
    public static int NotSupported => OperatingSystem.IsLinux() ? 95 : 102;

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FCntl(SafeFileHandle file, int command);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    public static partial int PosixFAllocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);
}
