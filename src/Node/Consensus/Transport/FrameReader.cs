using System.Buffers.Binary;
using System.Text;

namespace RaftCluster.Node.Consensus.Transport;

/// <summary>Reads a frame's body, and refuses to read past its end.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> _body = body;

    public int Position { get; private set; }

    public readonly int Remaining => _body.Length - Position;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128BigEndian(Take(16));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>The length of what follows, checked against what is there.</summary>
    public int Length()
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        return length >= 0 && length <= Remaining ? length : throw Short();
    }

    public string Text() => Encoding.UTF8.GetString(Take(Byte()));

    public void Skip(int length) => Take(length);

    public ReadOnlySpan<byte> Bytes(int length) => Take(length);

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > Remaining)
        {
            throw Short();
        }

        var taken = _body.Slice(Position, length);
        Position += length;
        return taken;
    }

    private readonly InvalidDataException Short() => new($"a frame of {_body.Length} bytes ends early, at {Position}");
}
