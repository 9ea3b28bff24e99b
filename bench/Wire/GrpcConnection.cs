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

    private readonly Http2Frames frames;
    private readonly Func<int, byte[]> compose;
    private readonly byte[]?[] messages;
    private readonly AcceptsMessage accepts;
    private readonly byte[] firstHeaders;
    private readonly byte[] laterHeaders;
    private readonly Dictionary<int, Call> calls = [];
    private readonly Queue<Answer> answers = new();
    private readonly byte[] output;
    private int nextStream = 1;

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
        this.compose = compose;
        this.accepts = accepts;
        Slots = slots;
        messages = new byte[]?[rows];
        output = new byte[64 * 1024];
        var authority = Encoding.ASCII.GetBytes(node.ToString());

        // HPACK: POST and http from the static table; the rest enters the dynamic table with the first request (so
        // that :path is 65, :authority 64, content-type 63 and te 62) and is one byte each from then on.
        firstHeaders =
        [
            0x83, 0x86,
            0x44, (byte)path.Length, .. path,
            0x41, (byte)authority.Length, .. authority,
            0x5F, 16, .. "application/grpc"u8,
            0x40, 2, .. "te"u8, 8, .. "trailers"u8,
        ];
        laterHeaders = [0x83, 0x86, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62];
        frames = new Http2Frames(Http1Connection.Connect(node));
    }

    /// <summary>Judges a message.</summary>
    internal delegate bool AcceptsMessage(ReadOnlySpan<byte> message);

    /// <inheritdoc/>
    public int Slots { get; }

    /// <inheritdoc/>
    public void Send(int slot, int row)
    {
        var message = messages[row] ??= compose(row);
        var length = MessagePrefix + message.Length;
        while (frames.SendWindow < length)
        {
            Take();
        }

        var headers = nextStream == 1 ? firstHeaders : laterHeaders;
        var at = Http2Frames.Write(output, Http2Frames.Headers, Http2Frames.EndHeaders, nextStream, headers);
        Http2Frames.WriteHead(output.AsSpan(at), length, Http2Frames.Data, Http2Frames.EndStream, nextStream);
        at += Http2Frames.HeadLength;
        output[at] = 0;
        BinaryPrimitives.WriteInt32BigEndian(output.AsSpan(at + 1), message.Length);
        message.CopyTo(output.AsSpan(at + MessagePrefix));
        frames.Send(output.AsSpan(0, at + length), dataLength: length);
        calls.Add(nextStream, new Call(slot));
        nextStream += 2;
    }

    /// <inheritdoc/>
    public Answer Receive()
    {
        Answer answer;
        while (!answers.TryDequeue(out answer))
        {
            Take();
        }

        return answer;
    }

    /// <inheritdoc/>
    public void Dispose() => frames.Dispose();

    /// <summary>Takes one frame from the server.</summary>
    private void Take()
    {
        var frame = frames.Receive();
        if (!calls.TryGetValue(frame.Stream, out var call))
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
        && accepts(whole[MessagePrefix..]);

    private void End(int stream, Call call, bool good)
    {
        calls.Remove(stream);
        answers.Enqueue(new Answer(call.Slot, good));
    }

    private sealed class Call(int slot)
    {
        public int Slot { get; } = slot;

        public byte[]? Message { get; set; }
    }
}
