using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Replay;

namespace RaftCluster.Node.Backups;

/// <summary>
/// What an increment holds, in bytes, cut into pieces wherever they are full:
/// <code>
/// content     = (transaction | outcome) × n, the first outcome that is still kept
/// transaction = 1, revision, term, index, time, changes:u32, change × changes
/// change      = operation:u8, table length:u8, table, key length:u16, key, written (not of a delete)
/// written     = created, version, lease, content type length:u8, content type, value length:u32, value
/// outcome     = 2, time, key length:u16, key, record length:u32, record
/// first       = 3, time, key length:u16, key   or   4: none is kept any more
/// </code>
/// Numbers are little-endian, and signed 64-bit where nothing else is said.
/// </summary>
internal sealed class IncrementEncoder
{
    public const byte Transaction = 1;
    public const byte Outcome = 2;
    public const byte FirstOutcome = 3;
    public const byte NoOutcome = 4;

    private readonly ArrayBufferWriter<byte> _buffer = new(BackupFormat.PieceBytes);
    private int _taken;

    /// <summary>Takes the next full piece, if there is one; valid until something is added.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> piece) => TryTake(BackupFormat.PieceBytes, out piece);

    /// <summary>Takes what is left at the end.</summary>
    public bool TryTakeLast(out ReadOnlyMemory<byte> piece) =>
        TryTake(Math.Clamp(_buffer.WrittenCount - _taken, 1, BackupFormat.PieceBytes), out piece);

    /// <summary>Adds a transaction, before its changes.</summary>
    public void Add(in RecordedTransaction transaction, long changes)
    {
        Forget();
        U8(Transaction);
        I64(transaction.Revision);
        I64(transaction.Term);
        I64(transaction.Index);
        I64(transaction.Time);
        U32(changes);
    }

    /// <summary>Adds a change of the transaction.</summary>
    /// <param name="operation">What it did.</param>
    /// <param name="table">The row's table.</param>
    /// <param name="key">The row's key.</param>
    /// <param name="after">The row afterwards; null when it was removed.</param>
    public void Add(ChangeOperation operation, ReadOnlySpan<byte> table, ReadOnlySpan<byte> key, Row? after)
    {
        Forget();
        U8((byte)operation);
        U8((byte)table.Length);
        _buffer.Write(table);
        Key(key);
        if (after is { } row)
        {
            var contentType = Encoding.UTF8.GetBytes(row.ContentType ?? "");
            I64(row.Created);
            I64(row.Version);
            I64(row.Lease);
            U8((byte)contentType.Length);
            _buffer.Write(contentType);
            U32(row.Value.Length);
            _buffer.Write(row.Value.Span);
        }
    }

    /// <summary>Adds an outcome that is kept under an idempotency key.</summary>
    public void Add(in KeptOutcomeRecord outcome)
    {
        Forget();
        U8(Outcome);
        I64(outcome.Time);
        Key(outcome.Key.Span);
        U32(outcome.Record.Length);
        _buffer.Write(outcome.Record.Span);
    }

    /// <summary>Adds, at the end, which outcome is the first that is still kept.</summary>
    public void End(KeptOutcomeRecord? first)
    {
        Forget();
        U8(first is null ? NoOutcome : FirstOutcome);
        if (first is { } kept)
        {
            I64(kept.Time);
            Key(kept.Key.Span);
        }
    }

    private bool TryTake(int length, out ReadOnlyMemory<byte> piece)
    {
        piece = default;
        if (_buffer.WrittenCount - _taken < length)
        {
            return false;
        }

        piece = _buffer.WrittenMemory.Slice(_taken, length);
        _taken += length;
        return true;
    }

    /// <summary>What was taken makes room.</summary>
    private void Forget()
    {
        if (_taken == 0)
        {
            return;
        }

        var rest = _buffer.WrittenSpan[_taken..].ToArray();
        _buffer.ResetWrittenCount();
        _buffer.Write(rest);
        _taken = 0;
    }

    private void Key(ReadOnlySpan<byte> key)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.GetSpan(sizeof(ushort)), checked((ushort)key.Length));
        _buffer.Advance(sizeof(ushort));
        _buffer.Write(key);
    }

    private void U8(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    private void U32(long value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.GetSpan(sizeof(uint)), checked((uint)value));
        _buffer.Advance(sizeof(uint));
    }

    private void I64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(sizeof(long)), value);
        _buffer.Advance(sizeof(long));
    }
}
