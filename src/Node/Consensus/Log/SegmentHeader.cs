using System.Buffers.Binary;
using System.IO.Hashing;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// The first sector of a segment file: what the log was when this segment began. It is on the disk before the file gets
/// its name, so a named segment without a readable header is damage, never a crash.
/// </summary>
/// <param name="Sequence">The segment's number, as in its file name: one more than its predecessor's.</param>
/// <param name="Salt">A random number, mixed into every checksum of the segment: what an earlier user of the file left behind never matches.</param>
/// <param name="BaseIndex">The last index of the log when the segment began.</param>
/// <param name="BaseTerm">The term of that entry; 0 when <paramref name="BaseIndex"/> is 0.</param>
/// <param name="PreviousEnd">Where the preceding segment's records end; what follows there is void. 0 for the first segment.</param>
/// <param name="PreviousSalt">The preceding segment's salt; 0 for the first segment.</param>
/// <param name="BeginsAnew">Whether the log begins anew here, after <paramref name="BaseIndex"/>: whatever earlier segments hold is void.</param>
internal readonly record struct SegmentHeader(
    long Sequence, ulong Salt, long BaseIndex, long BaseTerm, long PreviousEnd, ulong PreviousSalt, bool BeginsAnew = false)
{
    /// <summary>Where the records begin: one page, so that no record shares a page with the header.</summary>
    public const int RecordsBegin = 4096;

    /// <summary>How much of it is used; the rest up to <see cref="RecordsBegin"/> means nothing.</summary>
    public const int Bytes = 72;

    // A reader that knows version 1 alone must not take what is void for the log: hence a version, not a flag.
    private const int Version = 1;
    private const int VersionAnew = 2;

    private static ReadOnlySpan<byte> Magic => "RAFTLOG\n"u8;

    public void Write(Span<byte> target)
    {
        target[..Bytes].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], BeginsAnew ? VersionAnew : Version);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], RecordsBegin);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], Salt);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], BaseIndex);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], BaseTerm);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], PreviousEnd);
        BinaryPrimitives.WriteUInt64LittleEndian(target[56..], PreviousSalt);
        BinaryPrimitives.WriteUInt64LittleEndian(target[64..], XxHash3.HashToUInt64(target[..64]));
    }

    /// <summary>The format version of an intact header that only a newer version of this code writes; null for none.</summary>
    /// <param name="source">The file's beginning.</param>
    public static int? NewerVersion(ReadOnlySpan<byte> source) =>
        source.Length >= Bytes && source[..8].SequenceEqual(Magic)
        && XxHash3.HashToUInt64(source[..64]) == BinaryPrimitives.ReadUInt64LittleEndian(source[64..])
        && BinaryPrimitives.ReadInt32LittleEndian(source[8..]) is var version && version > VersionAnew
            ? version
            : null;

    /// <summary>Reads a header.</summary>
    /// <param name="source">The file's beginning, at least <see cref="Bytes"/> when the file has them.</param>
    /// <param name="header">The header.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? TryRead(ReadOnlySpan<byte> source, out SegmentHeader header)
    {
        header = default;
        if (source.Length < Bytes)
        {
            return "the file is too short for a header";
        }

        if (!source[..8].SequenceEqual(Magic))
        {
            return "it does not begin as a log segment does";
        }

        if (XxHash3.HashToUInt64(source[..64]) != BinaryPrimitives.ReadUInt64LittleEndian(source[64..]))
        {
            return "the header's checksum does not match";
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(source[8..]);
        if (version is not (Version or VersionAnew) || BinaryPrimitives.ReadInt32LittleEndian(source[12..]) != RecordsBegin)
        {
            return $"it has format version {version}, and this program reads versions {Version} and {VersionAnew}";
        }

        header = new SegmentHeader(
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[56..]),
            BeginsAnew: version == VersionAnew);
        return null;
    }
}
