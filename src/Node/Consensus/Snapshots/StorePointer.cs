using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>Whether a node can be trusted to have what it acknowledged.</summary>
internal enum RebuildPhase : byte
{
    /// <summary>It can.</summary>
    None = 0,

    /// <summary>Damage was found; its log is to be set aside.</summary>
    Clearing = 1,

    /// <summary>It began anew, and has not caught up with the others yet.</summary>
    CatchingUp = 2,

    /// <summary>Its rows turned out damaged while it ran, and it stopped: the next start begins to rebuild it.</summary>
    Noted = 3,
}

/// <summary>
/// The small file that says which folder holds the rows. It is replaced as a whole, so that a snapshot takes the rows'
/// place at one moment.
/// </summary>
/// <param name="Folder">The folder's name, in the data folder.</param>
/// <param name="Index">The entry of the snapshot these rows began with: the log begins after it, or later. 0 for none.</param>
/// <param name="Term">That entry's term.</param>
/// <param name="Phase">Whether the node is being rebuilt from the others.</param>
/// <param name="Reason">Why; empty when it is not.</param>
internal sealed record StorePointer(string Folder, long Index, long Term, RebuildPhase Phase, string Reason)
{
    public const string FileName = "store.current";

    private const int Version = 1;
    private const int MaximumReason = 1000;

    /// <summary>Where the rows of a new node are.</summary>
    public static StorePointer First { get; } = new("store", 0, 0, RebuildPhase.None, "");

    private static ReadOnlySpan<byte> Magic => "RAFTROWS"u8;

    /// <summary>
    /// Whether a log was not begun anew behind the snapshot yet, since a crash came between: it ends before it, or has
    /// another entry there.
    /// </summary>
    public bool IsLogBehind(IRaftLog log) =>
        Index > 0 && (log.LastIndex < Index || (log.TermAt(Index) is { } other && other != Term));

    /// <summary>Reads the pointer of a data folder; <see cref="First"/> when it has none.</summary>
    /// <exception cref="LogDamageException">It is damaged.</exception>
    /// <exception cref="DiskException">The disk failed.</exception>
    public static StorePointer Read(IDisk disk, string data)
    {
        var path = Path.Combine(data, FileName);
        return SmallFile.Read(disk, path) is not { } bytes
            ? First
            : Decode(bytes) ?? throw new LogDamageException(path, 0, index: null, "it does not say which folder holds the rows");
    }

    /// <summary>Takes the place of the pointer of a data folder, durably.</summary>
    /// <exception cref="DiskException">The disk failed: the old one or this one counts.</exception>
    public void Write(IDisk disk, string data) => SmallFile.Replace(disk, Path.Combine(data, FileName), Encode());

    private byte[] Encode()
    {
        var folder = Encoding.UTF8.GetBytes(Folder);
        var reason = Encoding.UTF8.GetBytes(Reason.Length > MaximumReason ? Reason[..MaximumReason] : Reason);
        var bytes = new byte[8 + 4 + 1 + 8 + 8 + 1 + folder.Length + 4 + reason.Length + 8];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        bytes[12] = (byte)Phase;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(13), Index);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(21), Term);
        bytes[29] = (byte)folder.Length;
        folder.CopyTo(bytes, 30);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(30 + folder.Length), reason.Length);
        reason.CopyTo(bytes, 34 + folder.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        return bytes;
    }

    private static StorePointer? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 42 || !bytes[..8].SequenceEqual(Magic)
            || XxHash3.HashToUInt64(bytes[..^8]) != BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..])
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) != Version)
        {
            return null;
        }

        var reader = new FrameReader(bytes[12..^8]);
        var (phase, index, term, folder) = ((RebuildPhase)reader.Byte(), reader.Int64(), reader.Int64(), reader.Text());
        var reason = Encoding.UTF8.GetString(reader.Bytes(reader.Length()));
        return new StorePointer(folder, index, term, phase, reason);
    }
}
