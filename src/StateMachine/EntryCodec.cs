using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using RaftCluster.StateMachine.Transactions;

namespace RaftCluster.StateMachine;

/// <summary>
/// A log entry: a header and a batch of transactions. All numbers are little-endian.
/// <code>
/// entry       = format:u8, request id:16 bytes (big-endian), time:i64 (µs since 1970), count:u16, transaction × count
/// transaction = length:u32 (of what follows), command, or in format 2 also:
///   several operations (4) = kind:u8, see <see cref="TransactionCodec"/>
///   framed (5)             = kind:u8, see <see cref="TransactionFrame"/>, then kind:u8 of what is framed and its rest
/// command     = kind:u8, table length:u8, table, …
///   put (1)          = precondition, key length:u16, key, content type length:u8, content type, value (to the end)
///   delete (2)       = precondition, key (to the end)
///   delete range (3) = start length:u16, start, end (to the end)
/// precondition = kind:u8, count:u8, revision:i64 × count
/// </code>
/// An entry without the kinds 4 and 5 is written in format 1, which older versions of this code read.
/// </summary>
public static class EntryCodec
{
    /// <summary>The newest format this code writes. It reads every format up to this one.</summary>
    public const byte Format = 2;

    /// <summary>The length of an entry's header, in bytes.</summary>
    public const int HeaderLength = 1 + 16 + 8 + 2;

    /// <summary>The most transactions one entry may hold.</summary>
    public const int MaximumTransactions = ushort.MaxValue;

    /// <summary>The longest table name, in bytes of UTF-8; the shortest has one.</summary>
    public const int MaximumTableLength = 128;

    /// <summary>The longest key, in bytes; the shortest has one.</summary>
    public const int MaximumKeyLength = 1024;

    /// <summary>The longest content type, in bytes of UTF-8.</summary>
    public const int MaximumContentTypeLength = byte.MaxValue;

    /// <summary>The most revisions one precondition may name.</summary>
    public const int MaximumRevisions = byte.MaxValue;

    /// <summary>The longest name of a column, in bytes of UTF-8.</summary>
    public const int MaximumColumnLength = 1024;

    /// <summary>The longest name of a lease's or a lock's owner, in bytes of UTF-8.</summary>
    public const int MaximumOwnerLength = 1024;

    internal const int LengthPrefix = 4;

    private const byte PlainFormat = 1;

    // UTF-16 that is no text must not be replaced in silence: two names could become one.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Encodes a transaction of one command, ready for <see cref="ComposeEntry"/>. The value is copied once.</summary>
    /// <param name="command">The command, within the limits of this class.</param>
    /// <returns>The transaction with its length in front, exactly sized.</returns>
    /// <exception cref="InvariantException">The command is beyond a limit: its maker did not check it.</exception>
    public static byte[] EncodeTransaction(Command command) => command switch
    {
        Command.Put put => EncodePut(
            put.Table, put.Key.Span, new ReadOnlySequence<byte>(put.Value), put.ContentType, put.When),
        Command.Delete delete => EncodeDelete(delete),
        Command.DeleteRange range => EncodeDeleteRange(range),
        _ => throw new InvariantException($"no encoding for {command.GetType().Name}"),
    };

    /// <summary>Encodes a transaction of several operations.</summary>
    /// <param name="transaction">The transaction, within its limits and those of this class.</param>
    /// <returns>The transaction with its length in front, exactly sized.</returns>
    /// <exception cref="InvariantException">Something is beyond a limit: its maker did not check it.</exception>
    public static byte[] EncodeTransaction(Transaction transaction)
    {
        var writer = new ByteWriter();
        writer.U32(0);
        writer.U8((byte)CommandKind.Transaction);
        TransactionCodec.Write(writer, transaction);
        return WithLength(writer);
    }

    /// <summary>Puts an idempotency key and fences before a transaction.</summary>
    /// <param name="key">The name under which its outcome is kept; null for none.</param>
    /// <param name="fences">The locks that the writer holds; at most 255.</param>
    /// <param name="encodedTransaction">What <see cref="EncodeTransaction(Command)"/> made, of either kind.</param>
    /// <returns>The framed transaction with its length in front, exactly sized.</returns>
    /// <exception cref="InvariantException">Something is beyond a limit, or the transaction is framed already.</exception>
    public static byte[] EncodeFramed(
        IdempotencyTerms? key, ReadOnlySpan<Fence> fences, ReadOnlySpan<byte> encodedTransaction)
    {
        Invariant.Holds(IsWhole(encodedTransaction), "a transaction is as long as it says");
        Invariant.Holds(KindOf(encodedTransaction) != CommandKind.Framed, "a frame is around a transaction, not a frame");
        var writer = new ByteWriter();
        writer.U32(0);
        writer.U8((byte)CommandKind.Framed);
        TransactionFrame.Write(writer, key, fences);
        writer.Bytes(encodedTransaction[LengthPrefix..]);
        return WithLength(writer);
    }

    /// <summary>
    /// Encodes a put whose value came in pieces, as from a request's body, copying it once.
    /// </summary>
    /// <param name="table">The table's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="contentType">The value's media type; null when none was given.</param>
    /// <param name="when">What must be true of the row.</param>
    /// <returns>The transaction with its length in front, exactly sized.</returns>
    /// <exception cref="InvariantException">Something is beyond a limit of this class: the caller did not check it.</exception>
    public static byte[] EncodePut(
        string table, ReadOnlySpan<byte> key, in ReadOnlySequence<byte> value, string? contentType, Precondition when)
    {
        CheckKey(key);
        var typeLength = contentType is null ? 0 : Utf8.GetByteCount(contentType);
        Invariant.Holds(typeLength <= MaximumContentTypeLength, "a content type is within its limit");
        var tail = checked((int)(Length(when) + 2 + key.Length + 1 + typeLength + value.Length));
        var transaction = Begin(CommandKind.Put, table, tail, out var writer);
        Write(ref writer, when);
        writer.U16((ushort)key.Length);
        writer.Bytes(key);
        writer.U8((byte)typeLength);
        Utf8.GetBytes(contentType, writer.Take(typeLength));
        value.CopyTo(writer.Take((int)value.Length));
        writer.AssertFull();
        return transaction;
    }

    /// <summary>Puts a header before encoded transactions.</summary>
    /// <param name="id">The entry's own name.</param>
    /// <param name="time">The leader's time in microseconds since 1970 (UTC); not negative.</param>
    /// <param name="transactions">What <see cref="EncodeTransaction(Command)"/> made, at most <see cref="MaximumTransactions"/>.</param>
    /// <returns>The entry in one exactly sized array.</returns>
    public static byte[] ComposeEntry(RequestId id, long time, params ReadOnlySpan<ReadOnlyMemory<byte>> transactions)
    {
        Invariant.Holds(time >= 0, "an entry's time is after 1970");
        Invariant.Holds(transactions.Length <= MaximumTransactions, "the transactions fit into one entry");
        var length = (long)HeaderLength;
        var format = PlainFormat;
        foreach (var transaction in transactions)
        {
            Invariant.Holds(IsWhole(transaction.Span), "a transaction is as long as it says");
            format = Math.Max(format, FormatOf(transaction.Span));
            length += transaction.Length;
        }

        Invariant.Holds(length <= Array.MaxLength, "an entry fits into one array");
        var entry = GC.AllocateUninitializedArray<byte>((int)length);
        var writer = new SpanWriter(entry);
        writer.U8(format);
        writer.U64BigEndian(id.High);
        writer.U64BigEndian(id.Low);
        writer.I64(time);
        writer.U16((ushort)transactions.Length);
        foreach (var transaction in transactions)
        {
            writer.Bytes(transaction.Span);
        }

        writer.AssertFull();
        return entry;
    }

    /// <summary>The oldest format in which an entry with a transaction can be written: who reads that one can apply it.</summary>
    /// <param name="encodedTransaction">What <see cref="EncodeTransaction(Command)"/> made, of either kind.</param>
    public static byte FormatOf(ReadOnlySpan<byte> encodedTransaction) =>
        KindOf(encodedTransaction) > CommandKind.DeleteRange ? Format : PlainFormat;

    /// <summary>Reads what stands before the transactions.</summary>
    /// <param name="entry">An entry that is not empty.</param>
    /// <exception cref="InvariantException">The header is cut short, or of a format this code does not know.</exception>
    public static EntryHeader ReadHeader(ReadOnlySpan<byte> entry)
    {
        var reader = new SpanReader(entry, "log entry");
        return ReadHeader(ref reader);
    }

    /// <summary>Reads the transactions one after the other, each checked in full when it is reached.</summary>
    /// <param name="entry">An entry that is not empty; the transactions are slices of it.</param>
    /// <exception cref="InvariantException">The header is cut short, or of a format this code does not know.</exception>
    public static EntryReader ReadTransactions(ReadOnlySpan<byte> entry) => new(entry);

    internal static EntryHeader ReadHeader(scoped ref SpanReader reader)
    {
        var format = reader.U8("format");
        reader.Require(format is >= 1 and <= Format, "format is unknown: a newer version wrote it, or it is damaged");
        var id = new RequestId(reader.U64BigEndian("request id"), reader.U64BigEndian("request id"));
        var time = reader.I64("time");
        reader.Require(time >= 0, "time is negative");
        return new EntryHeader(format, id, time, reader.U16("count"));
    }

    private static byte[] EncodeDelete(Command.Delete delete)
    {
        CheckKey(delete.Key.Span);
        var tail = Length(delete.When) + delete.Key.Length;
        var transaction = Begin(CommandKind.Delete, delete.Table, tail, out var writer);
        Write(ref writer, delete.When);
        writer.Bytes(delete.Key.Span);
        writer.AssertFull();
        return transaction;
    }

    private static byte[] EncodeDeleteRange(Command.DeleteRange range)
    {
        Invariant.Holds(range.Start.Length <= MaximumKeyLength, "a range's start is within a key's limit");
        Invariant.Holds(range.End.Length <= MaximumKeyLength, "a range's end is within a key's limit");
        var tail = 2 + range.Start.Length + range.End.Length;
        var transaction = Begin(CommandKind.DeleteRange, range.Table, tail, out var writer);
        writer.U16((ushort)range.Start.Length);
        writer.Bytes(range.Start.Span);
        writer.Bytes(range.End.Span);
        writer.AssertFull();
        return transaction;
    }

    private static byte[] Begin(CommandKind kind, string table, int tail, out SpanWriter writer)
    {
        var tableLength = Utf8.GetByteCount(table);
        Invariant.Holds(tableLength is >= 1 and <= MaximumTableLength, "a table's name is within its limits");
        var length = checked(1 + 1 + tableLength + tail);
        var transaction = GC.AllocateUninitializedArray<byte>(checked(LengthPrefix + length));
        writer = new SpanWriter(transaction);
        writer.U32((uint)length);
        writer.U8((byte)kind);
        writer.U8((byte)tableLength);
        Utf8.GetBytes(table, writer.Take(tableLength));
        return transaction;
    }

    private static int Length(in Precondition when) => 2 + (8 * Revisions(when).Length);

    private static void Write(ref SpanWriter writer, in Precondition when)
    {
        var revisions = Revisions(when);
        Invariant.Holds(revisions.Length <= MaximumRevisions, "a precondition names no more revisions than its limit");
        writer.U8((byte)when.Kind);
        writer.U8((byte)revisions.Length);
        foreach (var revision in revisions)
        {
            Invariant.Holds(revision >= 1, "a precondition's revisions begin at 1");
            writer.I64(revision);
        }
    }

    private static ReadOnlySpan<long> Revisions(in Precondition when) => when.Kind switch
    {
        PreconditionKind.RevisionIn or PreconditionKind.RevisionNotIn => when.Revisions.AsSpan(),
        PreconditionKind.None or PreconditionKind.Exists or PreconditionKind.Absent => [],
        _ => throw new InvariantException($"unknown precondition {when.Kind}"),
    };

    private static void CheckKey(ReadOnlySpan<byte> key) =>
        Invariant.Holds(key.Length is >= 1 and <= MaximumKeyLength, "a key is within its limits");

    private static byte[] WithLength(ByteWriter writer)
    {
        var transaction = writer.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(transaction, (uint)(transaction.Length - LengthPrefix));
        return transaction;
    }

    private static CommandKind KindOf(ReadOnlySpan<byte> transaction) => (CommandKind)transaction[LengthPrefix];

    private static bool IsWhole(ReadOnlySpan<byte> transaction) =>
        transaction.Length > LengthPrefix
        && BinaryPrimitives.ReadUInt32LittleEndian(transaction)
            == (uint)(transaction.Length - LengthPrefix);
}
