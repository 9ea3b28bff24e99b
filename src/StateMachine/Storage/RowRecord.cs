using System.Buffers.Binary;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// One version of a row as it is stored, the same in <see cref="Family.Rows"/> and <see cref="Family.History"/>:
/// <code>
/// record    = format:u8 (1), flags:u8, revision:i64, [lease:i64], rest
/// rest      = created:i64, version:i64, content type length:u8, content type, value (to the end); nothing of a tombstone
/// flags     = 0x01 tombstone, 0x02 a lease follows the revision
/// </code>
/// The other flags are kept for fields that stand, in the order of their flags, behind the revision and the lease: 0x04
/// origin, 0x08 hybrid time. All numbers are little-endian.
/// </summary>
internal readonly ref struct RowRecord
{
    public const byte Format = 1;
    public const int TombstoneLength = 1 + 1 + 8;
    public const int HeaderLength = TombstoneLength + 8 + 8 + 1;

    private const int LeaseLength = 8;
    private const byte Tombstone = 0x01;
    private const byte OnLease = 0x02;

    private RowRecord(
        bool isTombstone, Held held, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> value)
    {
        IsTombstone = isTombstone;
        Held = held;
        ContentType = contentType;
        Value = value;
    }

    /// <summary>Whether the row was removed at this revision.</summary>
    public bool IsTombstone { get; }

    /// <summary>Where the version stands; a tombstone has its revision alone.</summary>
    public Held Held { get; }

    public ReadOnlySpan<byte> ContentType { get; }

    public ReadOnlySpan<byte> Value { get; }

    public static int LengthOf(in Held held, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> value) =>
        checked(HeaderLength + (held.Lease > 0 ? LeaseLength : 0) + contentType.Length + value.Length);

    public static void Write(
        Span<byte> target, in Held held, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> value)
    {
        var writer = new SpanWriter(target);
        writer.U8(Format);
        writer.U8(held.Lease > 0 ? OnLease : (byte)0);
        writer.I64(held.Revision);
        if (held.Lease > 0)
        {
            writer.I64(held.Lease);
        }

        writer.I64(held.Created);
        writer.I64(held.Version);
        writer.U8((byte)contentType.Length);
        writer.Bytes(contentType);
        writer.Bytes(value);
        writer.AssertFull();
    }

    public static void WriteTombstone(Span<byte> target, long revision)
    {
        var writer = new SpanWriter(target);
        writer.U8(Format);
        writer.U8(Tombstone);
        writer.I64(revision);
        writer.AssertFull();
    }

    public static RowRecord Read(ReadOnlySpan<byte> record)
    {
        var reader = new SpanReader(record, "row record");
        var format = reader.U8("format");
        reader.Require(format == Format, "format is unknown: a newer version wrote it, or it is damaged");
        var flags = reader.U8("flags");
        reader.Require(flags is 0 or Tombstone or OnLease, "flags are unknown: a newer version wrote it, or it is damaged");
        var revision = reader.I64("revision");
        if (flags == Tombstone)
        {
            reader.Require(reader.AtEnd, "bytes follow a tombstone");
            return new RowRecord(isTombstone: true, new Held(revision, 0, 0), default, default);
        }

        var lease = flags == OnLease ? reader.I64("lease") : 0;
        var held = new Held(revision, reader.I64("created"), reader.I64("version"), lease);
        var contentType = reader.Slice(reader.U8("content type length"), "content type");
        return new RowRecord(isTombstone: false, held, contentType, reader.Rest());
    }

    /// <summary>The revision alone, for a walk that skips most versions.</summary>
    public static long RevisionOf(ReadOnlySpan<byte> record)
    {
        Invariant.Holds(record.Length >= TombstoneLength && record[0] == Format, "a row record is of a known format");
        return BinaryPrimitives.ReadInt64LittleEndian(record[2..]);
    }

    /// <summary>Copies it into a row of its own, key and value in one array.</summary>
    public Row ToRow(ReadOnlySpan<byte> key)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(key.Length + Value.Length);
        key.CopyTo(bytes);
        Value.CopyTo(bytes.AsSpan(key.Length));
        return new Row(
            bytes.AsMemory(0, key.Length),
            bytes.AsMemory(key.Length),
            ContentTypes.Name(ContentType),
            Held.Revision,
            Held.Created,
            Held.Version,
            Held.Lease);
    }
}
