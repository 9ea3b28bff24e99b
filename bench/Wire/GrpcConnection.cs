using System.Buffers.Binary;
using System.Net;
using System.Text;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>
/// The least of gRPC over HTTP/2 that a benchmark needs: unary calls of a method or two, some at a time, on one
/// connection. Requests use the indexed headers that a real client would; the servers' headers are not decoded,
/// since in gRPC a unary call succeeded just when its message came (an error comes without one).
/// </summary>
internal sealed class GrpcConnection : IConnection
{
    private const int MessagePrefix = 5;

    private readonly Http2Frames _frames;
    private readonly GrpcRequest _usual;
    private readonly GrpcRequest _tenth;
    private readonly byte[] _firstHeaders;
    private readonly byte[] _laterHeaders;
    private readonly byte[] _tenthHeaders;
    private readonly Dictionary<int, Call> _calls = [];
    private readonly Queue<Answer> _answers = new();
    private readonly byte[] _output;
    private int _nextStream = 1;
    private int _sent;

    /// <summary>Connects and says hello.</summary>
    /// <param name="node">The server.</param>
    /// <param name="usual">What is called.</param>
    /// <param name="slots">How many calls may be under way.</param>
    /// <param name="tenth">What is called instead each tenth time; null for the same.</param>
    public GrpcConnection(IPEndPoint node, GrpcRequest usual, int slots, GrpcRequest? tenth = null)
    {
        _usual = usual;
        _tenth = tenth ?? usual;
        Slots = slots;
        _output = new byte[64 * 1024];
        var authority = Encoding.ASCII.GetBytes(node.ToString());

        // HPACK: POST and http from the static table; the rest enters the dynamic table with the first request (so
        // that :path is 65, :authority 64, content-type 63 and te 62) and is one byte each from then on. The other
        // method's path stands in full.
        _firstHeaders =
        [
            0x83, 0x86,
            0x44, (byte)usual.Path.Length, .. usual.Path,
            0x41, (byte)authority.Length, .. authority,
            0x5F, 16, .. "application/grpc"u8,
            0x40, 2, .. "te"u8, 8, .. "trailers"u8,
        ];
        _laterHeaders = [0x83, 0x86, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62];
        _tenthHeaders = tenth is null
            ? _laterHeaders
            : [0x83, 0x86, 0x04, (byte)tenth.Path.Length, .. tenth.Path, 0x80 | 64, 0x80 | 63, 0x80 | 62];
        _frames = new Http2Frames(Http1Connection.Connect(node));
    }

    /// <inheritdoc/>
    public int Slots { get; }

    /// <inheritdoc/>
    public void Send(int slot, int row)
    {
        var isTenth = ++_sent % 10 == 0;
        var request = isTenth ? _tenth : _usual;
        var message = request.Message.For(row);
        var length = MessagePrefix + message.Length;
        while (_frames.SendWindow < length)
        {
            Take();
        }

        var headers = _nextStream == 1 ? _firstHeaders : isTenth ? _tenthHeaders : _laterHeaders;
        var at = Http2Frames.Write(_output, Http2Frames.Headers, Http2Frames.EndHeaders, _nextStream, headers);
        var first = Math.Min(message.Length, Http2Frames.LongestData - MessagePrefix);
        Http2Frames.WriteHead(
            _output.AsSpan(at), MessagePrefix + first, Http2Frames.Data, first == message.Length ? Http2Frames.EndStream : (byte)0, _nextStream);
        at += Http2Frames.HeadLength;
        _output[at] = 0;
        BinaryPrimitives.WriteInt32BigEndian(_output.AsSpan(at + 1), message.Length);
        message[..first].CopyTo(_output.AsSpan(at + MessagePrefix));
        at += MessagePrefix + first;
        for (var rest = message[first..]; !rest.IsEmpty;)
        {
            var piece = rest[..Math.Min(rest.Length, Http2Frames.LongestData)];
            rest = rest[piece.Length..];
            at += Http2Frames.Write(
                _output.AsSpan(at), Http2Frames.Data, rest.IsEmpty ? Http2Frames.EndStream : (byte)0, _nextStream, piece);
        }

        _frames.Send(_output.AsSpan(0, at), dataLength: length);
        _calls.Add(_nextStream, new Call(slot, request));
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
            End(frame.Stream, call, call.Message is { Length: >= MessagePrefix } whole && Accepts(call.Request, whole));
        }
    }

    private static bool Accepts(GrpcRequest request, ReadOnlySpan<byte> whole) =>
        whole[0] == 0
        && BinaryPrimitives.ReadInt32BigEndian(whole[1..]) == whole.Length - MessagePrefix
        && request.Accepts(whole[MessagePrefix..]);

    private void End(int stream, Call call, bool good)
    {
        _calls.Remove(stream);
        _answers.Enqueue(new Answer(call.Slot, good));
    }

    private sealed class Call(int slot, GrpcRequest request)
    {
        public GrpcRequest Request { get; } = request;

        public int Slot { get; } = slot;

        public byte[]? Message { get; set; }
    }
}

/// <summary>Judges a message.</summary>
internal delegate bool AcceptsMessage(ReadOnlySpan<byte> message);

/// <summary>A call.</summary>
/// <param name="Path">The method.</param>
/// <param name="Message">What it is called with; at most 60,000 bytes.</param>
/// <param name="Accepts">Whether an answer's message is the right one.</param>
internal sealed record GrpcRequest(byte[] Path, Template Message, AcceptsMessage Accepts);
