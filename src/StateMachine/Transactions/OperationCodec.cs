using System.Text;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>
/// An operation of a transaction. All numbers are little-endian.
/// <code>
/// operation = kind:u8, by kind:
///   put (1)           = flags:u8 (1 the key is the revision), table, key, content type length:u8, content type,
///                       lease id:i64, lease time in ms:i64, length:u32, value
///   delete (2)        = table, key
///   delete range (3)  = table, start, end
///   get (4)           = table, key
///   range (5)         = flags:u8 (1 keys only, 2 count only, 4 descending), table, start, end, limit:u16
///   patch (6)         = flags:u8 (1 must exist, 2 keep nulls), table, key, length:u32, patch
///   add (7)           = flags:u8 (1 a column follows, 2 must exist, 4 what is missing follows), table, key, [column],
///                       length:u16, amount, [length:u16, what is missing]
///   grant lease (8)   = time in ms:i64, owner (empty for none)
///   end leases (9)    = term:i64, count:u32, id:i64 × count
///   acquire lock (10) = flags:u8 (1 queue, 2 guards follow), name, owner, time in ms:i64, [count:u16, (table, prefix) × count]
///   release lock (11) = flags:u8 (1 an owner follows, 2 force, 4 drop guard), name, [owner], fence:i64
///   leave queue (12)  = name, owner
///   compact (20)      = revision:i64
/// table     = length:u8, UTF-8
/// key, start, end, column, name, owner, prefix = length:u16, bytes
/// </code>
/// </summary>
internal static class OperationCodec
{
    public static void Write(ByteWriter writer, Operation operation)
    {
        var kind = KindOf(operation);
        writer.U8((byte)kind);
        switch (operation)
        {
            case Operation.Put put:
                Invariant.Holds(put.Lease is { Id: >= 0, TtlMs: >= 0 } and not { Id: > 0, TtlMs: > 0 }, "a lease is there or new");
                Invariant.Holds(!put.KeyIsRevision || put.Key.IsEmpty, "a key that is the revision is not given");
                writer.Flag(put.KeyIsRevision);
                WriteTable(writer, put.Table);
                WriteKey(writer, put.Key.Span, least: put.KeyIsRevision ? 0 : 1);
                writer.TinyText(put.ContentType, EntryCodec.MaximumContentTypeLength, "a content type is within its limit");
                writer.I64(put.Lease.Id);
                writer.I64(put.Lease.TtlMs);
                writer.LongBytes(put.Value.Span);
                break;
            case Operation.Delete delete:
                WriteTable(writer, delete.Table);
                WriteKey(writer, delete.Key.Span);
                break;
            case Operation.DeleteRange range:
                WriteTable(writer, range.Table);
                WriteKey(writer, range.Start.Span, least: 0);
                WriteKey(writer, range.End.Span, least: 0);
                break;
            case Operation.Get get:
                WriteTable(writer, get.Table);
                WriteKey(writer, get.Key.Span);
                break;
            case Operation.Range range:
                Invariant.Holds(range.Limit is >= 1 and <= Operation.Range.MaximumLimit, "a range's limit is within its limits");
                writer.U8(Flags(range.KeysOnly, range.CountOnly, range.Descending));
                WriteTable(writer, range.Table);
                WriteKey(writer, range.Start.Span, least: 0);
                WriteKey(writer, range.End.Span, least: 0);
                writer.U16(range.Limit, "limit");
                break;
            case Operation.Patch patch:
                writer.U8(Flags(patch.MustExist, patch.KeepNulls));
                WriteTable(writer, patch.Table);
                WriteKey(writer, patch.Key.Span);
                writer.LongBytes(patch.Value.Span);
                break;
            case Operation.Add add:
                writer.U8(Flags(add.Column is not null, add.MustExist, !add.Missing.IsEmpty));
                WriteTable(writer, add.Table);
                WriteKey(writer, add.Key.Span);
                if (add.Column is not null)
                {
                    WriteColumn(writer, add.Column);
                }

                writer.ShortBytes(add.Amount.Span, ushort.MaxValue, "an amount is within its limit");
                if (!add.Missing.IsEmpty)
                {
                    writer.ShortBytes(add.Missing.Span, ushort.MaxValue, "what is missing is within its limit");
                }

                break;
            case Operation.Compact compact:
                Invariant.Holds(compact.Revision >= 1, "a revision that stays begins at 1");
                writer.I64(compact.Revision);
                break;
            default:
                LeaseOperationCodec.Write(writer, operation);
                break;
        }
    }

    public static Operation Read(scoped ref SpanReader reader)
    {
        var kind = (OperationKind)reader.U8("operation kind");
        switch (kind)
        {
            case OperationKind.Put:
                return ReadPut(ref reader);
            case OperationKind.Delete:
                return new Operation.Delete(ReadTable(ref reader), ReadKey(ref reader));
            case OperationKind.DeleteRange:
                return new Operation.DeleteRange(ReadTable(ref reader), ReadKey(ref reader, 0), ReadKey(ref reader, 0));
            case OperationKind.Get:
                return new Operation.Get(ReadTable(ref reader), ReadKey(ref reader));
            case OperationKind.Range:
                return ReadRange(ref reader);
            case OperationKind.Patch:
                var patchFlags = ReadFlags(ref reader, 2);
                return new Operation.Patch(
                    ReadTable(ref reader),
                    ReadKey(ref reader),
                    reader.LongBytes("patch"),
                    MustExist: (patchFlags & 1) != 0,
                    KeepNulls: (patchFlags & 2) != 0);
            case OperationKind.Add:
                var addFlags = ReadFlags(ref reader, 3);
                return new Operation.Add(
                    ReadTable(ref reader),
                    ReadKey(ref reader),
                    (addFlags & 1) == 0 ? null : ReadColumn(ref reader),
                    reader.Slice(reader.U16("amount length"), "amount").ToArray(),
                    MustExist: (addFlags & 2) != 0,
                    (addFlags & 4) == 0 ? default : reader.Slice(reader.U16("missing length"), "what is missing").ToArray());
            case OperationKind.Compact:
                var kept = reader.I64("oldest revision");
                reader.Require(kept >= 1, "oldest revision is below 1");
                return new Operation.Compact(kept);
            default:
                return LeaseOperationCodec.Read(ref reader, kind);
        }
    }

    public static OperationKind KindOf(Operation operation) => operation switch
    {
        Operation.Put => OperationKind.Put,
        Operation.Delete => OperationKind.Delete,
        Operation.DeleteRange => OperationKind.DeleteRange,
        Operation.Get => OperationKind.Get,
        Operation.Range => OperationKind.Range,
        Operation.Patch => OperationKind.Patch,
        Operation.Add => OperationKind.Add,
        Operation.Compact => OperationKind.Compact,
        Operation.GrantLease => OperationKind.GrantLease,
        Operation.EndLeases => OperationKind.EndLeases,
        Operation.AcquireLock => OperationKind.AcquireLock,
        Operation.ReleaseLock => OperationKind.ReleaseLock,
        Operation.LeaveQueue => OperationKind.LeaveQueue,
        _ => throw new InvariantException($"no encoding for {operation.GetType().Name}"),
    };

    public static void WriteTable(ByteWriter writer, string table)
    {
        Invariant.Holds(table.Length >= 1, "a table has a name");
        writer.TinyText(table, EntryCodec.MaximumTableLength, "a table's name is within its limits");
    }

    public static string ReadTable(scoped ref SpanReader reader) => Encoding.UTF8.GetString(EntryReader.ReadTable(ref reader));

    public static void WriteKey(ByteWriter writer, ReadOnlySpan<byte> key, int least = 1)
    {
        Invariant.Holds(key.Length >= least, "a key is within its limits");
        writer.ShortBytes(key, EntryCodec.MaximumKeyLength, "a key is within its limits");
    }

    public static byte[] ReadKey(scoped ref SpanReader reader, int least = 1)
    {
        var key = reader.Slice(reader.U16("key length"), "key");
        reader.Require(key.Length >= least && key.Length <= EntryCodec.MaximumKeyLength, "key is beyond its limits");
        return key.ToArray();
    }

    public static void WriteColumn(ByteWriter writer, string column) =>
        writer.Text(column, EntryCodec.MaximumColumnLength, "a column's name is within its limit");

    public static string ReadColumn(scoped ref SpanReader reader) => reader.Text(EntryCodec.MaximumColumnLength, "column");

    public static byte Flags(bool first, bool second = false, bool third = false) =>
        (byte)((first ? 1 : 0) | (second ? 2 : 0) | (third ? 4 : 0));

    public static byte ReadFlags(scoped ref SpanReader reader, int known)
    {
        var flags = reader.U8("flags");
        reader.Require(flags >> known == 0, "flags are unknown");
        return flags;
    }

    private static Operation.Put ReadPut(scoped ref SpanReader reader)
    {
        var keyIsRevision = reader.Flag("flags");
        var table = ReadTable(ref reader);
        var key = ReadKey(ref reader, least: 0);
        reader.Require(key.Length == 0 == keyIsRevision, "a key is given or the revision");
        var contentType = reader.Utf8Slice(reader.U8("content type length"), "content type");
        var lease = new LeaseTerm(reader.I64("lease id"), reader.I64("lease time"));
        reader.Require(lease is { Id: >= 0, TtlMs: >= 0 } and not { Id: > 0, TtlMs: > 0 }, "the lease is neither there nor new");
        return new Operation.Put(
            table,
            key,
            reader.LongBytes("value"),
            contentType.IsEmpty ? null : Encoding.UTF8.GetString(contentType),
            lease,
            keyIsRevision);
    }

    private static Operation.Range ReadRange(scoped ref SpanReader reader)
    {
        var flags = ReadFlags(ref reader, 3);
        var table = ReadTable(ref reader);
        var (start, end) = (ReadKey(ref reader, least: 0), ReadKey(ref reader, least: 0));
        var limit = reader.U16("limit");
        reader.Require(limit is >= 1 and <= Operation.Range.MaximumLimit, "limit is beyond its limits");
        return new Operation.Range(table, start, end, limit, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
    }
}
