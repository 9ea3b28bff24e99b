using System.Buffers.Binary;
using System.IO.Hashing;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// One record of a segment: a header of <see cref="HeaderBytes"/>, the payload, zeros up to a multiple of 8. Checksums
/// are seeded with the segment's salt and the record's own offset, so that neither a recycled file's old bytes, nor a
/// copy of a record inside someone's payload, nor a write that went astray is ever taken for a record.
/// </summary>
/// <param name="Length">The payload's length in bytes.</param>
/// <param name="Synced">Everything in this segment before this offset was on the disk when this record was written.</param>
/// <param name="Kind">A <see cref="LogEntryKind"/>, or <see cref="Mark"/>.</param>
/// <param name="Index">The entry's index: it replaces what stood at and after it.</param>
/// <param name="Term">The entry's term.</param>
/// <param name="PreviousTerm">The term of the entry before it.</param>
internal readonly record struct LogRecord(int Length, uint Synced, byte Kind, long Index, long Term, long PreviousTerm)
{
    public const int HeaderBytes = 48;

    /// <summary>Where in a header the kind is.</summary>
    public const int KindAt = 20;

    /// <summary>The longest payload.</summary>
    public const int MaximumLength = 1 << 30;

    /// <summary>
    /// The kind of a record that is no entry: a note that everything before it was synced. It stands where the next
    /// entry will be written.
    /// </summary>
    public const byte Mark = 255;

    /// <summary>The record's size in the file.</summary>
    public int Size => SizeOf(Length);

    public static int SizeOf(int length) => (HeaderBytes + length + 7) & ~7;

    /// <summary>Writes the record to the beginning of <paramref name="target"/>, which is at least <see cref="Size"/> long.</summary>
    public void Write(Span<byte> target, ReadOnlySpan<byte> payload, ulong salt, long offset)
    {
        var seed = Seed(salt, offset);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], Synced);
        BinaryPrimitives.WriteUInt32LittleEndian(target[KindAt..], Kind);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], Index);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], Term);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], PreviousTerm);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], (uint)XxHash3.HashToUInt64(target[12..HeaderBytes], seed));
        payload.CopyTo(target[HeaderBytes..]);
        target[(HeaderBytes + Length)..Size].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target, XxHash3.HashToUInt64(target[8..Size], seed));
    }

    /// <summary>Reads a record's header, whose own checksum lets the length be trusted before the payload is there.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> source, ulong salt, long offset, out LogRecord record)
    {
        record = default;
        if (source.Length < HeaderBytes
            || (uint)XxHash3.HashToUInt64(source[12..HeaderBytes], Seed(salt, offset)) != BinaryPrimitives.ReadUInt32LittleEndian(source[8..]))
        {
            return false;
        }

        record = new LogRecord(
            BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
            source[KindAt],
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]));
        // What no writer writes is not a record, whatever its 32-bit checksum says.
        return record.Length is >= 0 and <= MaximumLength && record.Synced <= offset && source[21] == 0 && source[22] == 0 && source[23] == 0;
    }

    /// <summary>Whether all of the record, header, payload and padding, is as it was written.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> record, ulong salt, long offset)
        => XxHash3.HashToUInt64(record[8..], Seed(salt, offset)) == BinaryPrimitives.ReadUInt64LittleEndian(record);

    private static long Seed(ulong salt, long offset) => unchecked((long)(salt + (ulong)offset));
}
