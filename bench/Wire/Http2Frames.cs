using System.Buffers.Binary;
using System.Net.Sockets;

namespace RaftCluster.Bench.Wire;

/// <summary>
/// HTTP/2's frames (RFC 9113) on a socket, seen from a client that sends little and takes all: settings and pings are
/// answered, windows kept, everything else is handed up.
/// </summary>
internal sealed class Http2Frames : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte EndStream = 0x1;
    public const byte EndHeaders = 0x4;

    /// <summary>The length of a frame's head: length, kind, flags, stream.</summary>
    public const int HeadLength = 9;

    /// <summary>The longest payload that every server takes in one frame.</summary>
    public const int LongestData = 16_384;

    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte GoAway = 7;
    private const byte WindowUpdate = 8;
    private const byte Acknowledgement = 0x1;
    private const int DefaultWindow = 65_535;
    private const int OwnWindow = int.MaxValue;

    /// <summary>Given back to the server in steps of this size, so that a window update is rare.</summary>
    private const int Refill = 1 << 24;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private int _taken;

    /// <summary>Sends the preface, with windows so wide that the server never waits for this client.</summary>
    public Http2Frames(Socket socket)
    {
        _socket = socket;
        Span<byte> hello = stackalloc byte[128];
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.CopyTo(hello);
        var at = 24;

        // No push (2 = 0), the widest window for each stream (4 = 2^31-1).
        at += Write(hello[at..], Settings, 0, 0, [0, 2, 0, 0, 0, 0, 0, 4, 0x7F, 0xFF, 0xFF, 0xFF]);
        Span<byte> widen = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(widen, OwnWindow - DefaultWindow);
        at += Write(hello[at..], WindowUpdate, 0, 0, widen);
        SendAll(hello[..at]);
    }

    /// <summary>
    /// How much the server takes on this connection now. Each request's data is far below a stream's least window, so
    /// only the connection's own counts.
    /// </summary>
    public long SendWindow { get; private set; } = DefaultWindow;

    /// <summary>Writes a whole frame.</summary>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> to, byte kind, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        WriteHead(to, payload.Length, kind, flags, stream);
        payload.CopyTo(to[HeadLength..]);
        return HeadLength + payload.Length;
    }

    /// <summary>Writes a frame's head.</summary>
    public static void WriteHead(Span<byte> to, int length, byte kind, byte flags, int stream)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, (length << 8) | kind);
        to[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(to[5..], stream);
    }

    /// <summary>Sends frames.</summary>
    /// <param name="all">Their bytes.</param>
    /// <param name="dataLength">How much of it counts against the window.</param>
    public void Send(ReadOnlySpan<byte> all, int dataLength)
    {
        SendWindow -= dataLength;
        SendAll(all);
    }

    /// <summary>Waits for the next frame. Its payload is valid until the next call.</summary>
    public Frame Receive()
    {
        Fill(HeadLength);
        var head = _buffer.AsSpan(_start, HeadLength);
        var length = BinaryPrimitives.ReadInt32BigEndian(head) >>> 8;
        var frame = new Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head[5..]) & int.MaxValue, default);
        Fill(HeadLength + length);
        var payload = _buffer.AsSpan(_start + HeadLength, length);
        _start += HeadLength + length;
        Keep(frame, payload);
        return new Frame(frame.Kind, frame.Flags, frame.Stream, payload);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Keep(Frame frame, ReadOnlySpan<byte> payload)
    {
        switch (frame.Kind)
        {
            case Data:
                _taken += payload.Length;
                if (_taken >= Refill)
                {
                    Span<byte> refill = stackalloc byte[4];
                    BinaryPrimitives.WriteInt32BigEndian(refill, _taken);
                    Reply(WindowUpdate, 0, refill);
                    _taken = 0;
                }

                break;
            case Settings when (frame.Flags & Acknowledgement) == 0:
                Reply(Settings, Acknowledgement, default);
                break;
            case Ping when (frame.Flags & Acknowledgement) == 0:
                Reply(Ping, Acknowledgement, payload);
                break;
            case WindowUpdate when frame.Stream == 0:
                SendWindow += BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
                break;
            case GoAway:
                throw new IOException("the server ended the connection");
        }
    }

    private void Reply(byte kind, byte flags, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = stackalloc byte[HeadLength + 8];
        SendAll(frame[..Write(frame, kind, flags, 0, payload)]);
    }

    private void SendAll(ReadOnlySpan<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            rest = rest[_socket.Send(rest)..];
        }
    }

    private void Fill(int wanted)
    {
        if (wanted > _buffer.Length)
        {
            throw new IOException("a frame is too long");
        }

        if (_start + wanted > _buffer.Length || _start == _end)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        while (_end - _start < wanted)
        {
            var count = _socket.Receive(_buffer.AsSpan(_end));
            _end += count > 0 ? count : throw new IOException("the server closed the connection");
        }
    }

    /// <summary>A frame.</summary>
    public readonly ref struct Frame(byte kind, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        public byte Kind { get; } = kind;

        public byte Flags { get; } = flags;

        public int Stream { get; } = stream;

        public ReadOnlySpan<byte> Payload { get; } = payload;
    }
}
