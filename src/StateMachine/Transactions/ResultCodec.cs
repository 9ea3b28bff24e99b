using System.Text;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>
/// What an operation did, within a kept outcome. All numbers are little-endian.
/// <code>
/// result = kind:u8, by kind:
///   written (1)       = key, version:i64, lease:i64
///   deleted (2)       = existed:u8
///   range deleted (3) = count:i64
///   got (4)           = found:u8, [row]
///   ranged (5)        = count:u16, row × count, rows counted:i64, more:u8
///   patched (6)       = found:u8, version:i64
///   added (7)         = length:u16, value, version:i64
///   lease granted (8) = id:i64, time in ms:i64
///   leases ended (9)  = leases:i64, rows:i64
///   lock held (10)    = fence:i64, lease:i64, since:i64
///   lock queued (11)  = position:u32, lease:i64, holder, fence:i64, since:i64
///   lock taken (12)   = holder, fence:i64, since:i64
///   lock released (13) = released:u8
///   compacted (20)    = oldest revision:i64
/// row    = key, content type length:u8, content type, revision:i64, created:i64, version:i64, lease:i64, length:u32, value
/// key, holder = length:u16, bytes
/// </code>
/// </summary>
internal static class ResultCodec
{
    private enum Kind : byte
    {
        Written = 1,
        Deleted = 2,
        RangeDeleted = 3,
        Got = 4,
        Ranged = 5,
        Patched = 6,
        Added = 7,
        LeaseGranted = 8,
        LeasesEnded = 9,
        LockHeld = 10,
        LockQueued = 11,
        LockTaken = 12,
        LockReleased = 13,
        Compacted = 20,
    }

    public static void Write(ByteWriter writer, OperationResult result)
    {
        switch (result)
        {
            case OperationResult.Written written:
                writer.U8((byte)Kind.Written);
                OperationCodec.WriteKey(writer, written.Key.Span);
                Write(writer, written.Version, written.Lease);
                break;
            case OperationResult.Deleted deleted:
                writer.U8((byte)Kind.Deleted);
                writer.Flag(deleted.Existed);
                break;
            case OperationResult.RangeDeleted deleted:
                writer.U8((byte)Kind.RangeDeleted);
                writer.I64(deleted.Count);
                break;
            case OperationResult.Got got:
                writer.U8((byte)Kind.Got);
                writer.Flag(got.Row is not null);
                if (got.Row is not null)
                {
                    Write(writer, got.Row);
                }

                break;
            case OperationResult.Ranged ranged:
                writer.U8((byte)Kind.Ranged);
                writer.U16(ranged.Rows.Length, "a range's rows are within its limit");
                foreach (var row in ranged.Rows)
                {
                    Write(writer, row);
                }

                writer.I64(ranged.Count);
                writer.Flag(ranged.More);
                break;
            case OperationResult.Patched patched:
                writer.U8((byte)Kind.Patched);
                writer.Flag(patched.Found);
                writer.I64(patched.Version);
                break;
            case OperationResult.Added added:
                writer.U8((byte)Kind.Added);
                writer.ShortBytes(added.Value.Span, ushort.MaxValue, "a sum is within its limit");
                writer.I64(added.Version);
                break;
            case OperationResult.LeaseGranted granted:
                writer.U8((byte)Kind.LeaseGranted);
                Write(writer, granted.Id, granted.TtlMs);
                break;
            case OperationResult.LeasesEnded ended:
                writer.U8((byte)Kind.LeasesEnded);
                Write(writer, ended.Leases, ended.Rows);
                break;
            case OperationResult.LockHeld held:
                writer.U8((byte)Kind.LockHeld);
                Write(writer, held.Fence, held.Lease, held.SinceMicros);
                break;
            case OperationResult.LockQueued queued:
                writer.U8((byte)Kind.LockQueued);
                writer.U32((uint)queued.Position);
                writer.I64(queued.Lease);
                WriteOwner(writer, queued.Holder);
                Write(writer, queued.Fence, queued.SinceMicros);
                break;
            case OperationResult.LockTaken taken:
                writer.U8((byte)Kind.LockTaken);
                WriteOwner(writer, taken.Holder);
                Write(writer, taken.Fence, taken.SinceMicros);
                break;
            case OperationResult.LockReleased released:
                writer.U8((byte)Kind.LockReleased);
                writer.Flag(released.Released);
                break;
            case OperationResult.Compacted compacted:
                writer.U8((byte)Kind.Compacted);
                writer.I64(compacted.Floor);
                break;
            default:
                throw new InvariantException($"no encoding for {result.GetType().Name}");
        }
    }

    public static OperationResult Read(scoped ref SpanReader reader)
    {
        switch ((Kind)reader.U8("result kind"))
        {
            case Kind.Written:
                return new OperationResult.Written(
                    OperationCodec.ReadKey(ref reader), reader.I64("version"), reader.I64("lease"));
            case Kind.Deleted:
                return new OperationResult.Deleted(reader.Flag("existed"));
            case Kind.RangeDeleted:
                return new OperationResult.RangeDeleted(reader.I64("count"));
            case Kind.Got:
                return new OperationResult.Got(reader.Flag("found") ? ReadRow(ref reader) : null);
            case Kind.Ranged:
                return ReadRanged(ref reader);
            case Kind.Patched:
                return new OperationResult.Patched(reader.Flag("found"), reader.I64("version"));
            case Kind.Added:
                return new OperationResult.Added(
                    reader.Slice(reader.U16("value length"), "value").ToArray(), reader.I64("version"));
            case Kind.LeaseGranted:
                return new OperationResult.LeaseGranted(reader.I64("lease"), reader.I64("lease time"));
            case Kind.LeasesEnded:
                return new OperationResult.LeasesEnded(reader.I64("leases"), reader.I64("rows"));
            case Kind.LockHeld:
                return new OperationResult.LockHeld(reader.I64("fence"), reader.I64("lease"), reader.I64("since"));
            case Kind.LockQueued:
                return new OperationResult.LockQueued(
                    (int)reader.U32("position"),
                    reader.I64("lease"),
                    ReadOwner(ref reader),
                    reader.I64("fence"),
                    reader.I64("since"));
            case Kind.LockTaken:
                return new OperationResult.LockTaken(ReadOwner(ref reader), reader.I64("fence"), reader.I64("since"));
            case Kind.LockReleased:
                return new OperationResult.LockReleased(reader.Flag("released"));
            case Kind.Compacted:
                return new OperationResult.Compacted(reader.I64("oldest revision"));
            default:
                reader.Require(false, "result kind is unknown");
                return null!;
        }
    }

    private static OperationResult.Ranged ReadRanged(scoped ref SpanReader reader)
    {
        var rows = new Row[reader.U16("row count")];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = ReadRow(ref reader);
        }

        return new OperationResult.Ranged([.. rows], reader.I64("rows counted"), reader.Flag("more"));
    }

    private static void Write(ByteWriter writer, Row row)
    {
        OperationCodec.WriteKey(writer, row.Key.Span);
        writer.TinyText(row.ContentType, EntryCodec.MaximumContentTypeLength, "a content type is within its limit");
        Write(writer, row.Revision, row.Created, row.Version, row.Lease);
        writer.LongBytes(row.Value.Span);
    }

    private static Row ReadRow(scoped ref SpanReader reader)
    {
        var key = OperationCodec.ReadKey(ref reader);
        var contentType = reader.Utf8Slice(reader.U8("content type length"), "content type");
        var (revision, created) = (reader.I64("revision"), reader.I64("created"));
        var (version, lease) = (reader.I64("version"), reader.I64("lease"));
        return new Row(
            key,
            reader.LongBytes("value"),
            contentType.IsEmpty ? null : Encoding.UTF8.GetString(contentType),
            revision,
            created,
            version,
            lease);
    }

    private static void Write(ByteWriter writer, params ReadOnlySpan<long> numbers)
    {
        foreach (var number in numbers)
        {
            writer.I64(number);
        }
    }

    private static void WriteOwner(ByteWriter writer, string owner) =>
        writer.Text(owner, EntryCodec.MaximumOwnerLength, "an owner is within its limit");

    private static string ReadOwner(scoped ref SpanReader reader) => reader.Text(EntryCodec.MaximumOwnerLength, "owner");
}
