using RaftCluster.StateMachine.Transactions;

namespace RaftCluster.StateMachine;

/// <summary>Goes through the transactions of one entry.</summary>
public ref struct EntryReader
{
    private SpanReader _reader;
    private int _left;

    internal EntryReader(ReadOnlySpan<byte> entry)
    {
        _reader = new SpanReader(entry, "log entry");
        Header = EntryCodec.ReadHeader(ref _reader);
        _left = Header.Count;
    }

    /// <summary>What stands before the transactions.</summary>
    public EntryHeader Header { get; }

    /// <summary>Reads the next transaction.</summary>
    /// <param name="transaction">The transaction; its parts are slices of the entry.</param>
    /// <returns>False after the last one.</returns>
    /// <exception cref="InvariantException">The entry is malformed; the message names the offset.</exception>
    public bool Next(out TransactionView transaction)
    {
        if (_left == 0)
        {
            _reader.Require(_reader.AtEnd, "bytes follow the last transaction");
            transaction = default;
            return false;
        }

        _left--;
        var length = _reader.U32("transaction length");
        var reader = _reader.Narrow(length, "transaction");
        var kind = (CommandKind)reader.U8("command kind");
        reader.Require(kind <= CommandKind.DeleteRange || Header.Format > 1, "command kind is unknown in this format");
        TransactionFrame? frame = null;
        if (kind == CommandKind.Framed)
        {
            frame = TransactionFrame.Read(ref reader);
            kind = (CommandKind)reader.U8("framed command kind");
        }

        transaction = kind switch
        {
            CommandKind.Put => ReadPut(ref reader, frame),
            CommandKind.Delete => ReadDelete(ref reader, frame),
            CommandKind.DeleteRange => ReadDeleteRange(ref reader, frame),
            CommandKind.Transaction => new TransactionView(TransactionCodec.Read(ref reader), frame),
            _ => Unknown(ref reader),
        };
        return true;
    }

    internal static ReadOnlySpan<byte> ReadTable(scoped ref SpanReader reader)
    {
        var table = reader.Utf8Slice(reader.U8("table length"), "table");
        reader.Require(table.Length is >= 1 and <= EntryCodec.MaximumTableLength, "table is beyond its limits");
        return table;
    }

    private static TransactionView ReadPut(scoped ref SpanReader reader, TransactionFrame? frame)
    {
        var table = ReadTable(ref reader);
        var when = ReadPrecondition(ref reader);
        var key = reader.Slice(reader.U16("key length"), "key");
        RequireKey(ref reader, key);
        var contentType = reader.Utf8Slice(reader.U8("content type length"), "content type");
        return new TransactionView(CommandKind.Put, table, when, key, contentType, reader.Rest(), frame);
    }

    private static TransactionView ReadDelete(scoped ref SpanReader reader, TransactionFrame? frame)
    {
        var table = ReadTable(ref reader);
        var when = ReadPrecondition(ref reader);
        var key = reader.Rest();
        RequireKey(ref reader, key);
        return new TransactionView(CommandKind.Delete, table, when, key, default, default, frame);
    }

    private static TransactionView ReadDeleteRange(scoped ref SpanReader reader, TransactionFrame? frame)
    {
        var table = ReadTable(ref reader);
        var start = reader.Slice(reader.U16("start length"), "start");
        var end = reader.Rest();
        reader.Require(start.Length <= EntryCodec.MaximumKeyLength, "start is longer than a key");
        reader.Require(end.Length <= EntryCodec.MaximumKeyLength, "end is longer than a key");
        return new TransactionView(CommandKind.DeleteRange, table, default, start, default, end, frame);
    }

    private static TransactionView Unknown(scoped ref SpanReader reader)
    {
        reader.Require(false, "command kind is unknown");
        return default;
    }

    private static void RequireKey(scoped ref SpanReader reader, ReadOnlySpan<byte> key) =>
        reader.Require(key.Length is >= 1 and <= EntryCodec.MaximumKeyLength, "key is beyond its limits");

    private static PreconditionView ReadPrecondition(scoped ref SpanReader reader)
    {
        var kind = (PreconditionKind)reader.U8("precondition kind");
        var count = reader.U8("revision count");
        reader.Require(kind <= PreconditionKind.RevisionNotIn, "precondition kind is unknown");
        reader.Require(count == 0 || kind >= PreconditionKind.RevisionIn, "this precondition names no revisions");
        var when = new PreconditionView(kind, reader.Slice(8u * count, "revisions"));
        reader.Require(when.IsValid, "a revision is below 1");
        return when;
    }
}
