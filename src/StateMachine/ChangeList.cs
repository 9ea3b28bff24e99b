using System.Buffers.Binary;
using System.IO.Hashing;

namespace RaftCluster.StateMachine;

/// <summary>
/// What one transaction changes, gathered as the record that the change log keeps, while the state hash runs over
/// it. Used again and again by one thread.
/// <code>
/// record = format:u8 (1), term:i64, index:i64, time:i64, count:u32, change × count
/// change = operation:u8, table length:u8, table, key length:u16, key, previous revision:i64 (0 for none)
/// hash   = XxHash128 of: hash before:16 bytes (big-endian), revision:i64, time:i64,
///          and each change, a written row's followed by content type length:u8, content type, value length:u32, value,
///          and that of a row on a lease by 0xF0, lease:i64
/// </code>
/// All other numbers are little-endian. The hash leaves out term and index, which say how the change came, not what
/// the rows are.
/// </summary>
internal sealed class ChangeList
{
    public const byte Format = 1;
    public const int HeaderLength = 1 + 8 + 8 + 8 + 4;

    private const byte OnLease = 0xF0;
    private const int KeptCapacity = 1 << 20;

    private readonly XxHash128 _hash = new();
    private byte[] _record = new byte[1024];
    private int _length;
    private uint _count;

    /// <summary>The record, once it is complete.</summary>
    public ReadOnlySpan<byte> Record => _record.AsSpan(0, _length);

    public void Begin(UInt128 hashBefore, long revision, long term, long index, long time)
    {
        if (_record.Length > KeptCapacity)
        {
            _record = new byte[1024];
        }

        _length = 0;
        _count = 0;
        var header = new SpanWriter(Take(HeaderLength));
        header.U8(Format);
        header.I64(term);
        header.I64(index);
        header.I64(time);
        header.U32(0);

        Span<byte> seed = stackalloc byte[16 + 8 + 8];
        BinaryPrimitives.WriteUInt128BigEndian(seed, hashBefore);
        BinaryPrimitives.WriteInt64LittleEndian(seed[16..], revision);
        BinaryPrimitives.WriteInt64LittleEndian(seed[24..], time);
        _hash.Reset();
        _hash.Append(seed);
    }

    public void Written(
        in Held before,
        ReadOnlySpan<byte> table,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> contentType,
        ReadOnlySpan<byte> value,
        long lease)
    {
        Add(before.Exists ? ChangeOperation.Update : ChangeOperation.Insert, table, key, before.Revision);
        Span<byte> lengths = stackalloc byte[1 + 4];
        lengths[0] = (byte)contentType.Length;
        _hash.Append(lengths[..1]);
        _hash.Append(contentType);
        BinaryPrimitives.WriteUInt32LittleEndian(lengths[1..], (uint)value.Length);
        _hash.Append(lengths[1..]);
        _hash.Append(value);
        if (lease > 0)
        {
            // No operation has this number, so what follows is no change.
            Span<byte> onLease = stackalloc byte[1 + 8];
            onLease[0] = OnLease;
            BinaryPrimitives.WriteInt64LittleEndian(onLease[1..], lease);
            _hash.Append(onLease);
        }
    }

    public void Deleted(in Held before, ReadOnlySpan<byte> table, ReadOnlySpan<byte> key) =>
        Add(ChangeOperation.Delete, table, key, before.Revision);

    /// <summary>Ends the transaction.</summary>
    /// <returns>The state hash after it.</returns>
    public UInt128 Complete()
    {
        Invariant.Holds(_count > 0, "a revision changes something");
        BinaryPrimitives.WriteUInt32LittleEndian(_record.AsSpan(HeaderLength - 4), _count);
        return _hash.GetCurrentHashAsUInt128();
    }

    private void Add(ChangeOperation operation, ReadOnlySpan<byte> table, ReadOnlySpan<byte> key, long previous)
    {
        var change = Take(1 + 1 + table.Length + 2 + key.Length + 8);
        var writer = new SpanWriter(change);
        writer.U8((byte)operation);
        writer.U8((byte)table.Length);
        writer.Bytes(table);
        writer.U16((ushort)key.Length);
        writer.Bytes(key);
        writer.I64(previous);
        writer.AssertFull();
        _hash.Append(change);
        _count++;
    }

    private Span<byte> Take(int length)
    {
        var end = checked(_length + length);
        if (end > _record.Length)
        {
            Array.Resize(ref _record, (int)Math.Min(Array.MaxLength, Math.Max(end, 2L * _record.Length)));
        }

        var taken = _record.AsSpan(_length, length);
        _length = end;
        return taken;
    }
}
