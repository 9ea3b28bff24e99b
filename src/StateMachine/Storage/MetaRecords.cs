using System.Buffers.Binary;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// What the family <see cref="Family.Meta"/> holds, by key:
/// <code>
/// "format"  = the store's format:u8 (2)
/// "applied" = format:u8 (1), index:i64, term:i64, revision:i64, time:i64, state hash:16 bytes (big-endian)
/// "floor"   = format:u8 (1), oldest revision that can be read:i64
/// "keys"    = format:u8 (1), outcomes kept under idempotency keys:i64, the bytes of their records:i64; none before the first one
/// "size:", table name = format:u8 (1), rows:i64, bytes of their keys and values:i64
/// "sizes" = format:u8 (1), revision:i64 up to which those are right
/// </code>
/// All other numbers are little-endian.
/// </summary>
internal static class MetaRecords
{
    public const byte Format = 1;
    public const int PositionLength = 1 + (4 * 8) + 16;
    public const int FloorLength = 1 + 8;
    public const int KeysLength = 1 + 8 + 8;

    public static ReadOnlySpan<byte> FormatKey => "format"u8;

    public static ReadOnlySpan<byte> AppliedKey => "applied"u8;

    public static ReadOnlySpan<byte> FloorKey => "floor"u8;

    public static ReadOnlySpan<byte> KeysKey => "keys"u8;

    public const int SizeLength = 1 + 8 + 8;
    public const int SizesLength = 1 + 8;

    public static ReadOnlySpan<byte> SizePrefix => "size:"u8;

    public static ReadOnlySpan<byte> SizesKey => "sizes"u8;

    public static void WriteSize(Span<byte> target, TableSize size)
    {
        var writer = new SpanWriter(target);
        writer.U8(Format);
        writer.I64(size.Rows);
        writer.I64(size.Bytes);
        writer.AssertFull();
    }

    public static TableSize ReadSize(ReadOnlySpan<byte> record)
    {
        var reader = new SpanReader(record, "table size");
        reader.Require(reader.U8("format") == Format, "format is unknown");
        var size = new TableSize(reader.I64("rows"), reader.I64("bytes"));
        reader.Require(reader.AtEnd && size.Rows >= 0 && size.Bytes >= 0, "it is damaged");
        return size;
    }

    public static void WriteSizes(Span<byte> target, long revision)
    {
        var writer = new SpanWriter(target);
        writer.U8(Format);
        writer.I64(revision);
        writer.AssertFull();
    }

    /// <summary>The revision up to which a store's table sizes are right; null when it has none.</summary>
    public static long? ReadSizes(Database database)
    {
        using var record = database.Get(Family.Meta, SizesKey);
        if (!record.Found)
        {
            return null;
        }

        var reader = new SpanReader(record.Bytes, "table sizes");
        reader.Require(reader.U8("format") == Format, "format is unknown");
        return reader.I64("revision");
    }

    public static void WritePosition(Span<byte> target, in AppliedPosition position)
    {
        var writer = new SpanWriter(target);
        writer.U8(Format);
        writer.I64(position.Index);
        writer.I64(position.Term);
        writer.I64(position.Revision);
        writer.I64(position.Time);
        BinaryPrimitives.WriteUInt128BigEndian(writer.Take(16), position.StateHash);
        writer.AssertFull();
    }

    public static AppliedPosition ReadPosition(ReadOnlySpan<byte> record)
    {
        var reader = new SpanReader(record, "applied position");
        reader.Require(reader.U8("format") == Format, "format is unknown");
        var index = reader.I64("index");
        var term = reader.I64("term");
        var revision = reader.I64("revision");
        var time = reader.I64("time");
        var hash = BinaryPrimitives.ReadUInt128BigEndian(reader.Slice(16, "state hash"));
        reader.Require(reader.AtEnd, "bytes follow");
        return new AppliedPosition(index, term, revision, hash, time);
    }

    public static void WriteKeys(Span<byte> target, long count, long bytes)
    {
        var writer = new SpanWriter(target);
        writer.U8(Format);
        writer.I64(count);
        writer.I64(bytes);
        writer.AssertFull();
    }

    public static (long Count, long Bytes) ReadKeys(ReadOnlySpan<byte> record)
    {
        var reader = new SpanReader(record, "kept outcomes");
        reader.Require(reader.U8("format") == Format, "format is unknown");
        var (count, bytes) = (reader.I64("count"), reader.I64("bytes"));
        reader.Require(reader.AtEnd && count >= 0 && bytes >= 0, "it is damaged");
        return (count, bytes);
    }

    public static void WriteFloor(Span<byte> target, long floor)
    {
        var writer = new SpanWriter(target);
        writer.U8(Format);
        writer.I64(floor);
        writer.AssertFull();
    }

    public static long ReadFloor(ReadOnlySpan<byte> record)
    {
        var reader = new SpanReader(record, "compaction floor");
        reader.Require(reader.U8("format") == Format, "format is unknown");
        var floor = reader.I64("floor");
        reader.Require(reader.AtEnd && floor >= 0, "it is damaged");
        return floor;
    }
}
