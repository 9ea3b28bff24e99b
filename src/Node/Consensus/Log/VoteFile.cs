using System.Buffers.Binary;
using System.IO.Hashing;
using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>A term and whom this node voted for in it.</summary>
/// <param name="Sequence">How many were saved before it.</param>
/// <param name="Term">The term.</param>
/// <param name="VotedFor">An opaque name, empty for nobody.</param>
internal readonly record struct Vote(long Sequence, long Term, ReadOnlyMemory<byte> VotedFor)
{
    /// <summary>The longest name.</summary>
    public const int MaximumName = 64;
}

/// <summary>
/// The vote file: the same content twice, a page apart, each copy in one sector. The second copy is written when the
/// first is on the disk, so at any moment one of them is whole, and one of them may be damaged later without harm.
/// </summary>
internal static class VoteFile
{
    public const int CopyBytes = 512;
    public const int CopyDistance = 4096;
    public const int Bytes = CopyDistance + CopyBytes;

    private const int Version = 1;
    private const int NameBegins = 32;
    private const int Checked = NameBegins + Vote.MaximumName;

    private static ReadOnlySpan<byte> Magic => "RAFTVOTE"u8;

    public static void Write(Span<byte> target, in Vote vote, long offset)
    {
        target[..CopyBytes].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], vote.VotedFor.Length);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], vote.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], vote.Term);
        vote.VotedFor.Span.CopyTo(target[NameBegins..]);
        BinaryPrimitives.WriteUInt64LittleEndian(target[Checked..], XxHash3.HashToUInt64(target[..Checked], offset));
    }

    /// <summary>Reads one copy.</summary>
    /// <returns>Null when it is not intact.</returns>
    public static Vote? TryRead(ReadOnlySpan<byte> source, long offset)
    {
        if (source.Length < CopyBytes
            || !source[..8].SequenceEqual(Magic)
            || XxHash3.HashToUInt64(source[..Checked], offset) != BinaryPrimitives.ReadUInt64LittleEndian(source[Checked..])
            || BinaryPrimitives.ReadInt32LittleEndian(source[8..]) != Version)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(source[12..]);
        return length is < 0 or > Vote.MaximumName
            ? null
            : new Vote(
                BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
                source.Slice(NameBegins, length).ToArray());
    }

    /// <summary>Reads both copies of an open file.</summary>
    public static (Vote? First, Vote? Second) ReadCopies(IDiskFile file)
    {
        var bytes = new byte[Bytes];
        var read = file.Read(0, bytes);
        return (
            TryRead(bytes.AsSpan(0, Math.Min(read, CopyBytes)), 0),
            TryRead(bytes.AsSpan(CopyDistance, Math.Clamp(read - CopyDistance, 0, CopyBytes)), CopyDistance));
    }

    /// <summary>The newer of the intact copies.</summary>
    /// <exception cref="LogDamageException">Neither can be read.</exception>
    public static Vote Newest(IDiskFile file, Vote? first, Vote? second)
        => (first, second) switch
        {
            ({ } a, { } b) => a.Sequence >= b.Sequence ? a : b,
            ({ } a, null) => a,
            (null, { } b) => b,
            _ => throw new LogDamageException(
                file.Path, 0, index: null, "neither copy of the term and vote can be read; a node that forgot its vote could vote twice in a term"),
        };

    /// <summary>Checks, where no log is, that none is missing: a node that voted had one.</summary>
    /// <exception cref="LogDamageException">This node has voted before.</exception>
    public static void RequireUnused(IDisk disk, string folder)
    {
        if (!disk.List(folder).Contains(LogFolder.Vote))
        {
            return;
        }

        using var file = disk.Open(Path.Combine(folder, LogFolder.Vote), DiskOpen.Read);
        var (first, second) = ReadCopies(file);
        var vote = Newest(file, first, second);
        if (vote.Sequence > 0)
        {
            throw new LogDamageException(
                Path.Combine(folder, LogFolder.SegmentName(1)),
                0,
                index: 1,
                $"all segments are missing, and the vote file beside them is in term {vote.Term}");
        }
    }
}
