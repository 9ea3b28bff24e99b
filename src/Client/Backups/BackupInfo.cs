using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>What a backup says of itself at its beginning.</summary>
public sealed record BackupInfo
{
    private const int Format = 1;
    private const int FixedBytes = 8 + 4 + 4;
    private const int HashBytes = 32;
    private const int MaximumHeader = 64 << 20;

    /// <summary><c>full</c>, or <c>increment</c>: what happened since a revision.</summary>
    public required string Kind { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>The cluster's id.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The history's epoch.</summary>
    public required int Epoch { get; init; }

    /// <summary>The node that made it.</summary>
    public required string Node { get; init; }

    /// <summary>When, by that node's clock.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Of an increment: every revision behind this one is in it.</summary>
    public long? Since { get; init; }

    /// <summary>The revision that is reached with it.</summary>
    public required long Revision { get; init; }

    /// <summary>The running hash over all that happened up to that revision.</summary>
    public required string StateHash { get; init; }

    /// <summary>The store's files that follow; none in an increment.</summary>
    public IReadOnlyList<BackupFileInfo> Files { get; init; } = [];

    private static ReadOnlySpan<byte> Magic => "RAFTBKUP"u8;

    /// <summary>Reads the beginning of a backup.</summary>
    /// <exception cref="InvalidDataException">It is no backup, it is damaged there, or a newer version made it.</exception>
    public static BackupInfo Read(Stream backup)
    {
        ArgumentNullException.ThrowIfNull(backup);
        var start = new byte[FixedBytes];
        backup.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var rest = new byte[LengthOf(start) - FixedBytes];
        backup.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false);
        return Parse([.. start, .. rest]);
    }

    /// <summary>How long the beginning is that <see cref="Parse"/> reads.</summary>
    /// <param name="start">The first bytes.</param>
    /// <returns>0 as long as they are too few to tell.</returns>
    /// <exception cref="InvalidDataException">It is no backup, or a newer version made it.</exception>
    internal static int LengthOf(ReadOnlySpan<byte> start)
    {
        if (start.Length < FixedBytes)
        {
            return 0;
        }

        if (!start[..8].SequenceEqual(Magic))
        {
            throw new InvalidDataException("it is no backup: it does not begin like one");
        }

        var (format, length) = (BinaryPrimitives.ReadInt32LittleEndian(start[8..]), BinaryPrimitives.ReadInt32LittleEndian(start[12..]));
        return format != Format ? throw new InvalidDataException($"it is of format {format}; this version reads {Format}")
            : length is < 2 or > MaximumHeader ? throw new InvalidDataException("it is damaged: its header has an impossible length")
            : FixedBytes + length + HashBytes;
    }

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    internal static BackupInfo Parse(ReadOnlySpan<byte> start)
    {
        var json = start[FixedBytes..^HashBytes];
        if (!SHA256.HashData(start[..^HashBytes]).AsSpan().SequenceEqual(start[^HashBytes..]))
        {
            throw new InvalidDataException("it is damaged: its header does not have the checksum that follows it");
        }

        try
        {
            return JsonSerializer.Deserialize(json, ClientJson.Default.BackupInfo) ?? throw new JsonException("it is null");
        }
        catch (JsonException unread)
        {
            throw new InvalidDataException($"its header can't be read: {unread.Message}", unread);
        }
    }
}

/// <summary>A file of the store in a backup.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record BackupFileInfo(string Name, long Length);
