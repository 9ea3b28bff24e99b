using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftCluster.Chaos.Faults;

/// <summary>Calls that .NET has not.</summary>
internal static partial class LinuxCalls
{
    public const int Terminate = 15;

    public const int Continue = 18;

    public const int Stop = 19;

    /// <summary><c>O_CLOEXEC</c>: processes that are started meanwhile don't inherit it, or they would keep it open.</summary>
    public const int CloseOnExec = 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int IoCtl(SafeFileHandle file, nuint request, ref uint argument);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFs(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);
}
