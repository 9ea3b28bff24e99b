using System.Runtime.InteropServices;

namespace RaftCluster.Node.Consensus.Log.Disk;

/// <summary>The disk reported an error. What is on it now is anyone's guess, so nothing is tried again.</summary>
internal sealed class DiskException : IOException
{
    private const int OutOfSpace = 28;
    private const int LinuxQuota = 122;
    private const int AppleQuota = 69;
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public DiskException(string operation, string path, long? offset, int error, string text)
        : base(offset is { } at ? $"{operation} of {path} at offset {at} failed: {text}" : $"{operation} of {path} failed: {text}")
        => IsFull = OperatingSystem.IsWindows()
            ? error is WindowsDiskFull or WindowsHandleDiskFull
            : error == OutOfSpace || error == (OperatingSystem.IsLinux() ? LinuxQuota : AppleQuota);

    /// <summary>Whether there is no room left, rather than something broken.</summary>
    public bool IsFull { get; }

    /// <summary>From an error number of the C library.</summary>
    public static DiskException FromErrno(string operation, string path, long? offset, int error)
        => new(operation, path, offset, error, Marshal.GetPInvokeErrorMessage(error));

    /// <summary>From what the base library throws: on Unix its HResult is the error number.</summary>
    public static DiskException From(string operation, string path, long? offset, Exception thrown)
        => new(operation, path, offset, thrown.HResult, thrown.Message);
}
