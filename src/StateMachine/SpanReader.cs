using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace RaftCluster.StateMachine;

/// <summary>Reads numbers and slices, never beyond the end; what does not fit is an invariant broken at an offset.</summary>
/// <param name="source">The bytes.</param>
/// <param name="what">What they are, for the failure's message.</param>
internal ref struct SpanReader(ReadOnlySpan<byte> source, string what)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private readonly string _what = what;
    private int _offset;

    public readonly bool AtEnd => _offset == _source.Length;

    /// <summary>How much was read.</summary>
    public readonly int Offset => _offset;

    public byte U8(string field) => Slice(1, field)[0];

    public ushort U16(string field) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(2, field));

    public uint U32(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(4, field));

    public long I64(string field) => BinaryPrimitives.ReadInt64LittleEndian(Slice(8, field));

    public ulong U64BigEndian(string field) => BinaryPrimitives.ReadUInt64BigEndian(Slice(8, field));

    public ReadOnlySpan<byte> Slice(uint length, string field)
    {
        if (length > (uint)(_source.Length - _offset))
        {
            Fail(field + " is cut short");
        }

        var slice = _source.Slice(_offset, (int)length);
        _offset += (int)length;
        return slice;
    }

    /// <summary>The same bytes, read from an offset on.</summary>
    public readonly SpanReader At(int offset)
    {
        Require(offset >= 0 && offset <= _source.Length, "an offset is outside");
        return new SpanReader(_source, _what) { _offset = offset };
    }

    public bool Flag(string field)
    {
        var flag = U8(field);
        Require(flag <= 1, field + " is neither 0 nor 1");
        return flag == 1;
    }

    /// <summary>Length:u16 and UTF-8.</summary>
    public string Text(int most, string field)
    {
        var text = Utf8Slice(U16(field), field);
        Require(text.Length <= most, field + " is longer than its limit");
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>Length:u32 and bytes, copied.</summary>
    public byte[] LongBytes(string field) => Slice(U32(field), field).ToArray();

    public UInt128 U128BigEndian(string field) => new(U64BigEndian(field), U64BigEndian(field));

    public ReadOnlySpan<byte> Rest()
    {
        var rest = _source[_offset..];
        _offset = _source.Length;
        return rest;
    }

    public ReadOnlySpan<byte> Utf8Slice(uint length, string field)
    {
        var slice = Slice(length, field);
        Require(Utf8.IsValid(slice), field + " is no UTF-8");
        return slice;
    }

    /// <summary>Narrows the reading to the next <paramref name="length"/> bytes; offsets stay those of the whole.</summary>
    public SpanReader Narrow(uint length, string field)
    {
        Slice(length, field);
        return new SpanReader(_source[.._offset], _what) { _offset = _offset - (int)length };
    }

    public readonly void Require([DoesNotReturnIf(false)] bool condition, string otherwise)
    {
        if (!condition)
        {
            Fail(otherwise);
        }
    }

    [DoesNotReturn, StackTraceHidden]
    private readonly void Fail(string why) => throw new InvariantException($"{_what}: {why}, at offset {_offset}");
}
