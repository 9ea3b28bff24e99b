namespace RaftCluster.Node.Backups;

/// <summary>
/// What a backup looks like from outside:
/// <code>
/// backup = "RAFTBKUP", format:u32 (1), header length:u32, header (JSON), SHA-256 of everything before, part × n, end
/// part   = 1, name length:u8, name, length:u64, bytes, SHA-256 of the bytes     a file of the store
///        | 2, length:u32, bytes, SHA-256 of the bytes                           a piece of what an increment holds
/// end    = 0, SHA-256 of everything before
/// </code>
/// Numbers are little-endian.
/// </summary>
internal static class BackupFormat
{
    public const int Version = 1;
    public const int HashBytes = 32;
    public const int FixedBytes = 8 + 4 + 4;
    public const int MaximumHeader = 64 << 20;

    /// <summary>The most bytes of a piece; the last one of an increment is shorter.</summary>
    public const int PieceBytes = 1 << 20;

    public const byte End = 0;
    public const byte File = 1;
    public const byte Piece = 2;

    /// <summary>What backups are called by this program.</summary>
    public const string Suffix = ".raftbackup";

    /// <summary>What stands behind the name of one that is not whole.</summary>
    public const string Unfinished = ".part";

    public static ReadOnlySpan<byte> Magic => "RAFTBKUP"u8;
}

/// <summary>A backup is damaged, or is none, or goes on nothing that is there.</summary>
/// <param name="message">What is wrong, and where, in one line.</param>
/// <param name="exitCode">One of <see cref="ExitCode"/>: <see cref="ExitCode.Usage"/> when nothing is damaged.</param>
internal sealed class BackupException(string message, int exitCode = ExitCode.Corrupt) : Exception(message)
{
    /// <summary>The exit code that says so.</summary>
    public int ExitCode => exitCode;
}
