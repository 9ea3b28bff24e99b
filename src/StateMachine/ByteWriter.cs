using System.Buffers;
using System.Text;

namespace RaftCluster.StateMachine;

/// <summary>Writes numbers, bytes and texts one after the other into memory that grows.</summary>
internal sealed class ByteWriter
{
    // UTF-16 that is no text must not be replaced in silence: two names could become one.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> _buffer = new();

    public void U8(byte value) => Next(1).U8(value);

    public void U16(int value, string limit)
    {
        Invariant.Holds(value is >= 0 and <= ushort.MaxValue, limit);
        Next(2).U16((ushort)value);
    }

    public void U32(uint value) => Next(4).U32(value);

    public void I64(long value) => Next(8).I64(value);

    public void U128BigEndian(UInt128 value)
    {
        var next = Next(16);
        next.U64BigEndian((ulong)(value >> 64));
        next.U64BigEndian((ulong)value);
    }

    public void Flag(bool value) => U8(value ? (byte)1 : (byte)0);

    public void Bytes(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    /// <summary>Length:u32 and bytes.</summary>
    public void LongBytes(ReadOnlySpan<byte> bytes)
    {
        U32((uint)bytes.Length);
        Bytes(bytes);
    }

    /// <summary>Length:u16 and bytes.</summary>
    public void ShortBytes(ReadOnlySpan<byte> bytes, int most, string limit)
    {
        Invariant.Holds(bytes.Length <= most, limit);
        U16(bytes.Length, limit);
        Bytes(bytes);
    }

    /// <summary>Length:u16 and UTF-8.</summary>
    public void Text(string text, int most, string limit) => ShortBytes(Utf8.GetBytes(text), most, limit);

    /// <summary>Length:u8 and UTF-8; null is written as an empty text.</summary>
    public void TinyText(string? text, int most, string limit)
    {
        var bytes = Utf8.GetBytes(text ?? "");
        Invariant.Holds(bytes.Length <= most, limit);
        U8((byte)bytes.Length);
        Bytes(bytes);
    }

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    private SpanWriter Next(int length)
    {
        var span = _buffer.GetSpan(length)[..length];
        _buffer.Advance(length);
        return new SpanWriter(span);
    }
}
