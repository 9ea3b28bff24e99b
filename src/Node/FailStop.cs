using System.Diagnostics.CodeAnalysis;
using RaftCluster.StateMachine;

namespace RaftCluster.Node;

/// <summary>The process's exit codes, for scripts and service managers.</summary>
public static class ExitCode
{
    /// <summary>A clean stop.</summary>
    public const int Ok = 0;

    /// <summary>Broken code: an exception nobody expected.</summary>
    public const int Internal = 1;

    /// <summary>An option is missing or wrong.</summary>
    public const int Usage = 2;

    /// <summary>The data folder can't be used: unwritable, locked by another process, or of another node or cluster.</summary>
    public const int DataFolder = 3;

    /// <summary>An address can't be listened on.</summary>
    public const int Address = 4;

    /// <summary>The disk failed under the log or the store.</summary>
    public const int Disk = 5;

    /// <summary>The disk is full.</summary>
    public const int DiskFull = 6;

    /// <summary>What is on disk is damaged, or this replica differs from the others.</summary>
    public const int Corrupt = 7;

    /// <summary>This machine's clock is too far from the other nodes' or from the history's.</summary>
    public const int Clock = 8;

    /// <summary>This node was removed from the cluster: it has nothing more to do.</summary>
    public const int Removed = 9;

    /// <summary>The cluster does not let this node join.</summary>
    public const int JoinRefused = 10;
}

/// <summary>Ends the process at once when going on could break a promise.</summary>
public static partial class FailStop
{
    /// <summary>Writes one line to standard error and exits, without unwinding, finalisers or a stack trace.</summary>
    /// <param name="code">One of <see cref="ExitCode"/>.</param>
    /// <param name="message">What happened and where, in one line.</param>
    [DoesNotReturn]
    public static void Now(int code, string message)
    {
        Console.Error.WriteLine($"raftcluster-node: {message}");
        Console.Error.Flush();
        if (!OperatingSystem.IsWindows())
        {
            // Environment.Exit would run the host's shutdown, which may wait on the very disk that failed.
            ExitNow(code);
        }

        Environment.Exit(code);
        throw new System.Diagnostics.UnreachableException();
    }

    /// <summary>
    /// From now on a broken invariant ends the process wherever it is thrown, before any handler can go on from it.
    /// </summary>
    public static void OnBrokenInvariants() => AppDomain.CurrentDomain.FirstChanceException += static (_, thrown) =>
    {
        if (thrown.Exception is InvariantException broken)
        {
            Now(ExitCode.Internal, $"{broken.Message}\n{Environment.StackTrace}");
        }
    };

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int code);
}
