using System.Runtime.InteropServices;

namespace RaftCluster.Node.LogTool;

/// <summary>Standard output, as a reader that may go away: writing to it then fails in silence.</summary>
internal static partial class StandardOutput
{
    private const int Descriptor = 1;
    private const short Error = 8;

    /// <summary>Whether its reader is gone.</summary>
    public static bool IsClosed()
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        var watched = new Watched { File = Descriptor };
        return Poll(ref watched, 1, 0) > 0 && (watched.Happened & Error) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref Watched files, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Watched
    {
        public int File;
        public short Wanted;
        public short Happened;
    }
}
