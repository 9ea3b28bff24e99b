using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftCluster.Cli;

/// <summary>What the runtime does not offer: signals for other processes, who sits at the terminal, files that are surely on the disk.</summary>
internal static partial class Posix
{
    /// <summary>Asks a process politely to end.</summary>
    internal const int SIGTERM = 15;

    private const int O_RDONLY = 0;
    private const int O_NOCTTY = 0x100;

    /// <summary>The number of a signal that this program listens to.</summary>
    internal static int NumberOf(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGTERM => SIGTERM,
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, null),
    };

    /// <summary>Sends a signal. A process that is gone does not mind.</summary>
    internal static void Send(int process, int signal) => _ = Kill(process, signal);

    /// <summary>
    /// Whether this process is in the foreground of a terminal. Ctrl-C then reaches it and all its children at once: to pass
    /// it on would say it twice.
    /// </summary>
    internal static bool IsForeground()
    {
        var terminal = Open("/dev/tty", O_RDONLY | O_NOCTTY);
        if (terminal < 0)
        {
            return false;
        }

        var foreground = ForegroundGroup(terminal) == OwnGroup();
        _ = Close(terminal);
        return foreground;
    }

    /// <summary>Brings a file to the disk. .NET's own way returns normally when the disk reports an error.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    internal static void Sync(SafeFileHandle file, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
        }
        else if (FSync((int)file.DangerousGetHandle()) != 0)
        {
            throw new IOException($"{name} can't be brought to disk: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Brings the names in a folder to the disk.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    internal static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var opened = Open(folder, O_RDONLY);
        var error = opened < 0 || FSync(opened) != 0 ? Marshal.GetLastPInvokeErrorMessage() : null;
        if (opened >= 0)
        {
            _ = Close(opened);
        }

        if (error is not null)
        {
            throw new IOException($"{folder} can't be brought to disk: {error}");
        }
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    private static partial int ForegroundGroup(int file);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int OwnGroup();
}
