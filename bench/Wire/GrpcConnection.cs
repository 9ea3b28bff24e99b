using System.Buffers.Binary;
using System.Net;
using System.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>
/// The least of gRPC over HTTP/2 that a benchmark needs: unary calls of one method, some at a time, on one
/// connection. Requests use the indexed headers that a real client would; the servers' headers are not decoded,
/// since in gRPC a unary call succeeded just when its message came (an error comes without one).
/// </summary>
internal sealed class GrpcConnection : IConnection
{
    private const int MessagePrefix = 5;

    private readonly Http2Frames _frames;
    private readonly Func<int, byte[]> _compose;
    private readonly byte[]?[] _messages;
    private readonly AcceptsMessage _accepts;
    private readonly byte[] _firstHeaders;
    private readonly byte[] _laterHeaders;
    private readonly Dictionary<int, Call> _calls = [];
    private readonly Queue<Answer> _answers = new();
    private readonly byte[] _output;
    private int _nextStream = 1;

    /// <summary>Connects and says hello.</summary>
    /// <param name="node">The server.</param>
    /// <param name="path">The method.</param>
    /// <param name="compose">Makes the message about a row; asked once a row.</param>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="accepts">Whether an answer's message is the right one.</param>
    /// <param name="slots">How many calls may be under way.</param>
    public GrpcConnection(
        IPEndPoint node, byte[] path, Func<int, byte[]> compose, int rows, AcceptsMessage accepts, int slots)
    {
        _compose = compose;
        _accepts = accepts;
        Slots = slots;
        _messages = new byte[]?[rows];
        _output = new byte[64 * 1024];
        var authority = Encoding.ASCII.GetBytes(node.ToString());

        // HPACK: POST and http from the static table; the rest enters the dynamic table with the first request (so
        // that :path is 65, :authority 64, content-type 63 and te 62) and is one byte each from then on.
        _firstHeaders =
        [
            0x83, 0x86,
            0x44, (byte)path.Length, .. path,
            0x41, (byte)authority.Length, .. authority,
            0x5F, 16, .. "application/grpc"u8,
            0x40, 2, .. "te"u8, 8, .. "trailers"u8,
        ];
        _laterHeaders = [0x83, 0x86, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62];
        _frames = new Http2Frames(Http1Connection.Connect(node));
    }

    /// <summary>Judges a message.</summary>
    internal delegate bool AcceptsMessage(ReadOnlySpan<byte> message);

    /// <inheritdoc/>
    public int Slots { get; }

    /// <inheritdoc/>
    public void Send(int slot, int row)
    {
        var message = _messages[row] ??= _compose(row);
        var length = MessagePrefix + message.Length;
        while (_frames.SendWindow < length)
        {
            Take();
        }

        var headers = _nextStream == 1 ? _firstHeaders : _laterHeaders;
        var at = Http2Frames.Write(_output, Http2Frames.Headers, Http2Frames.EndHeaders, _nextStream, headers);
        Http2Frames.WriteHead(_output.AsSpan(at), length, Http2Frames.Data, Http2Frames.EndStream, _nextStream);
        at += Http2Frames.HeadLength;
        _output[at] = 0;
        BinaryPrimitives.WriteInt32BigEndian(_output.AsSpan(at + 1), message.Length);
        message.CopyTo(_output.AsSpan(at + MessagePrefix));
        _frames.Send(_output.AsSpan(0, at + length), dataLength: length);
        _calls.Add(_nextStream, new Call(slot));
        _nextStream += 2;
    }

    /// <inheritdoc/>
    public Answer Receive()
    {
        Answer answer;
        while (!_answers.TryDequeue(out answer))
        {
            Take();
        }

        return answer;
    }

    /// <inheritdoc/>
    public void Dispose() => _frames.Dispose();

    /// <summary>Takes one frame from the server.</summary>
    private void Take()
    {
        var frame = _frames.Receive();
        if (!_calls.TryGetValue(frame.Stream, out var call))
        {
            return;
        }

        switch (frame.Kind)
        {
            case Http2Frames.Data:
                // A message may come in several frames; those seen here fit one nearly always.
                call.Message = call.Message is null ? frame.Payload.ToArray() : [.. call.Message, .. frame.Payload];
                break;
            case Http2Frames.Reset:
                End(frame.Stream, call, good: false);
                return;
        }

        if (frame.Kind is Http2Frames.Data or Http2Frames.Headers && (frame.Flags & Http2Frames.EndStream) != 0)
        {
            End(frame.Stream, call, call.Message is { Length: >= MessagePrefix } whole && Accepts(whole));
        }
    }

    private bool Accepts(ReadOnlySpan<byte> whole) =>
        whole[0] == 0
        && BinaryPrimitives.ReadInt32BigEndian(whole[1..]) == whole.Length - MessagePrefix
        && _accepts(whole[MessagePrefix..]);

    private void End(int stream, Call call, bool good)
    {
        _calls.Remove(stream);
        _answers.Enqueue(new Answer(call.Slot, good));
    }

    private sealed class Call(int slot)
    {
        public int Slot { get; } = slot;

        public byte[]? Message { get; set; }
    }
}
