using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Transport;

/// <summary>What a frame carries.</summary>
internal enum FrameKind : byte
{
    Hello = 1,
    Welcome = 2,
    Refusal = 3,
    Append = 4,
    AppendReply = 5,
    Vote = 6,
    VoteReply = 7,
    Confirm = 8,
    ConfirmReply = 9,
    TakeOver = 10,
    TakeOverReply = 11,
    SnapshotBegin = 12,
    SnapshotChunk = 13,
    SnapshotInstall = 14,
    SnapshotReply = 15,
    Removed = 20,
}

/// <summary>
/// The frames between nodes, all numbers little-endian: <c>length:u32 (of what follows), kind:u8, body</c>. A
/// connection carries one kind of request, each answered before the next; docs/formats/peer.md lists the bodies.
/// </summary>
internal static class Frame
{
    /// <summary>The newest protocol this code speaks; <see cref="ProtocolRange.Own"/> has the oldest.</summary>
    public const ushort Protocol = 4;

    /// <summary>Since this one a hello says which protocols its sender speaks. What a newer hello adds comes behind, and is passed over.</summary>
    private const ushort FirstWithRange = 4;

    /// <summary>The longest frame accepted; longer ones are refused before any memory is taken.</summary>
    public const int MaximumLength = 32 << 20;

    /// <summary>The length of a frame's head.</summary>
    public const int HeadLength = 5;

    /// <summary>The bytes of one entry beside its payload.</summary>
    public const int EntryHeadLength = 8 + 1 + 4;

    private const int ChunkHeadLength = 8 + 8 + 16 + 8 + 8;
    private const int AppendHeadLength = (6 * 8) + 16;

    private const uint Magic = 0x31504352; // "RCP1"

    /// <summary>Who calls, and whom it means.</summary>
    /// <param name="Protocols">The protocols that the caller speaks.</param>
    /// <param name="ClusterId">The caller's cluster.</param>
    /// <param name="Channel">What the connection is for.</param>
    /// <param name="Clock">The caller's wall clock, in milliseconds since 1970.</param>
    /// <param name="From">The caller's id.</param>
    /// <param name="To">The id of the node it means to reach.</param>
    /// <param name="Configuration">The index of the newest configuration that the caller knows.</param>
    /// <param name="StateVersion">The newest entries that the caller can apply.</param>
    public readonly record struct HelloBody(
        ProtocolRange Protocols,
        ulong ClusterId,
        PeerChannel Channel,
        long Clock,
        string From,
        string To,
        long Configuration,
        int StateVersion);

    /// <summary>What the answering node says of itself.</summary>
    /// <param name="Clock">Its wall clock, in milliseconds since 1970.</param>
    /// <param name="Protocol">The protocol of this connection.</param>
    /// <param name="StateVersion">The newest entries that it can apply.</param>
    public readonly record struct WelcomeBody(long Clock, ushort Protocol, int StateVersion);

    public static byte[] Hello(in HelloBody hello)
    {
        var from = Encoding.UTF8.GetBytes(hello.From);
        var to = Encoding.UTF8.GetBytes(hello.To);
        var frame = Head(FrameKind.Hello, 4 + 2 + 8 + 1 + 8 + 1 + from.Length + 1 + to.Length + 8 + 2 + 2, out var body);
        BinaryPrimitives.WriteUInt32LittleEndian(body, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(body[4..], hello.Protocols.Highest);
        BinaryPrimitives.WriteUInt64LittleEndian(body[6..], hello.ClusterId);
        body[14] = (byte)hello.Channel;
        BinaryPrimitives.WriteInt64LittleEndian(body[15..], hello.Clock);
        body[23] = (byte)from.Length;
        from.CopyTo(body[24..]);
        body[24 + from.Length] = (byte)to.Length;
        to.CopyTo(body[(25 + from.Length)..]);
        var rest = body[(25 + from.Length + to.Length)..];
        BinaryPrimitives.WriteInt64LittleEndian(rest, hello.Configuration);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[8..], hello.Protocols.Lowest);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[10..], checked((ushort)hello.StateVersion));
        return frame;
    }

    public static HelloBody ReadHello(ReadOnlySpan<byte> body)
    {
        var reader = new FrameReader(body);
        if (reader.UInt32() != Magic)
        {
            throw new InvalidDataException("the caller is not a node of this product");
        }

        var highest = reader.UInt16();
        var hello = new HelloBody(
            new ProtocolRange(highest, highest),
            reader.UInt64(),
            (PeerChannel)reader.Byte(),
            reader.Int64(),
            reader.Text(),
            reader.Text(),
            Configuration: 0,
            StateVersion: 0);

        // An older protocol's hello ends about here, and is refused by its number.
        return highest < FirstWithRange
            ? hello
            : hello with
            {
                Configuration = reader.Int64(),
                Protocols = new ProtocolRange(reader.UInt16(), highest),
                StateVersion = reader.UInt16(),
            };
    }

    /// <summary>The caller is a member no more.</summary>
    /// <param name="index">The index of the committed configuration that says so.</param>
    /// <param name="message">The same for people.</param>
    public static byte[] Removed(long index, string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var frame = Head(FrameKind.Removed, 8 + text.Length, out var body);
        BinaryPrimitives.WriteInt64LittleEndian(body, index);
        text.CopyTo(body[8..]);
        return frame;
    }

    /// <summary>Reads what <see cref="Removed"/> wrote.</summary>
    public static (long Index, string Message) ReadRemoved(ReadOnlySpan<byte> body)
    {
        var reader = new FrameReader(body);
        return (reader.Int64(), Encoding.UTF8.GetString(reader.Bytes(reader.Remaining)));
    }

    public static byte[] Welcome(in WelcomeBody welcome) =>
        Numbers(FrameKind.Welcome, welcome.Clock, welcome.Protocol, welcome.StateVersion);

    public static WelcomeBody ReadWelcome(ReadOnlySpan<byte> body)
    {
        var reader = new FrameReader(body);
        return new WelcomeBody(reader.Int64(), checked((ushort)reader.Int64()), checked((int)reader.Int64()));
    }

    public static byte[] Text(FrameKind kind, string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var frame = Head(kind, text.Length, out var body);
        text.CopyTo(body);
        return frame;
    }

    public static byte[] Vote(in VoteRequest vote) =>
        Numbers(FrameKind.Vote, (long)vote.Kind, vote.Term, vote.LastIndex, vote.LastTerm);

    public static VoteRequest ReadVote(ReadOnlySpan<byte> body)
    {
        var reader = new FrameReader(body);
        var kind = reader.Int64();
        return kind is >= 0 and <= (long)VoteKind.HandedOver
            ? new VoteRequest((VoteKind)kind, reader.Int64(), reader.Int64(), reader.Int64())
            : throw new InvalidDataException($"there is no vote of kind {kind}");
    }

    public static byte[] VoteReply(in VoteReply reply) => Numbers(FrameKind.VoteReply, reply.Term, reply.Answer);

    public static byte[] AppendReply(in AppendReply reply) =>
        Numbers(FrameKind.AppendReply, reply.Term, reply.LastIndex, reply.Answer);

    public static byte[] Numbers(FrameKind kind, params ReadOnlySpan<long> numbers)
    {
        var frame = Head(kind, 8 * numbers.Length, out var body);
        for (var at = 0; at < numbers.Length; at++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(body[(8 * at)..], numbers[at]);
        }

        return frame;
    }

    /// <summary>The length of the frame for a request with entries.</summary>
    public static int AppendLength(in AppendRequest append)
    {
        var length = HeadLength + AppendHeadLength;
        for (var at = 0; at < append.Entries.Count; at++)
        {
            length += EntryHeadLength + append.Entries[at].Payload.Length;
        }

        return length;
    }

    /// <summary>Writes the frame for a request with entries.</summary>
    public static void WriteAppend(Span<byte> frame, in AppendRequest append)
    {
        WriteHead(frame, FrameKind.Append, frame.Length - HeadLength);
        var body = frame[HeadLength..];
        BinaryPrimitives.WriteInt64LittleEndian(body, append.Term);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], append.PreviousIndex);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], append.PreviousTerm);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], append.Committed);
        BinaryPrimitives.WriteInt64LittleEndian(body[32..], append.State.Index);
        BinaryPrimitives.WriteUInt128BigEndian(body[40..], append.State.Hash);
        BinaryPrimitives.WriteInt64LittleEndian(body[56..], append.Entries.Count);
        body = body[AppendHeadLength..];
        for (var at = 0; at < append.Entries.Count; at++)
        {
            var entry = append.Entries[at];
            BinaryPrimitives.WriteInt64LittleEndian(body, entry.Term);
            body[8] = (byte)entry.Kind;
            BinaryPrimitives.WriteInt32LittleEndian(body[9..], entry.Payload.Length);
            entry.Payload.Span.CopyTo(body[EntryHeadLength..]);
            body = body[(EntryHeadLength + entry.Payload.Length)..];
        }
    }

    /// <summary>Reads a request with entries; their payloads are slices of <paramref name="body"/>, which they keep alive.</summary>
    public static (AppendRequest Request, LogEntry[] Entries) ReadAppend(ReadOnlyMemory<byte> body)
    {
        var reader = new FrameReader(body.Span);
        var (term, previousIndex, previousTerm, committed) = (reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64());
        var state = new StateAt(reader.Int64(), reader.UInt128());
        var count = reader.Int64();
        if (count < 0 || count > reader.Remaining / EntryHeadLength)
        {
            throw new InvalidDataException($"a frame of {body.Length} bytes can't hold {count} entries");
        }

        var entries = count == 0 ? [] : new LogEntry[count];
        for (var at = 0; at < entries.Length; at++)
        {
            var (entryTerm, kind, length) = (reader.Int64(), (LogEntryKind)reader.Byte(), reader.Length());
            entries[at] = new LogEntry(previousIndex + 1 + at, entryTerm, kind, body.Slice(reader.Position, length));
            reader.Skip(length);
        }

        return (new AppendRequest(term, previousIndex, previousTerm, committed, state, entries), entries);
    }

    /// <summary>A snapshot is about to come: the sender's term, then the manifest.</summary>
    public static byte[] SnapshotBegin(long term, ReadOnlySpan<byte> manifest)
    {
        var frame = Head(FrameKind.SnapshotBegin, 8 + manifest.Length, out var body);
        BinaryPrimitives.WriteInt64LittleEndian(body, term);
        manifest.CopyTo(body[8..]);
        return frame;
    }

    /// <summary>Makes room for a chunk's frame.</summary>
    /// <param name="length">How many bytes of the file it is to carry.</param>
    /// <param name="bytes">Where they go, before <see cref="SealChunk"/>.</param>
    public static byte[] ChunkFor(int length, out Span<byte> bytes)
    {
        var frame = Head(FrameKind.SnapshotChunk, ChunkHeadLength + length, out var body);
        bytes = body[ChunkHeadLength..];
        return frame;
    }

    /// <summary>Writes a chunk's head, with a checksum over the rest of it and the bytes.</summary>
    public static void SealChunk(Span<byte> frame, long term, UInt128 id, int file, long offset)
    {
        var body = frame[HeadLength..];
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], term);
        BinaryPrimitives.WriteUInt128BigEndian(body[16..], id);
        BinaryPrimitives.WriteInt64LittleEndian(body[32..], file);
        BinaryPrimitives.WriteInt64LittleEndian(body[40..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(body, XxHash3.HashToUInt64(body[8..]));
    }

    /// <summary>Reads a chunk; its bytes are a slice of <paramref name="body"/>.</summary>
    public static SnapshotChunk ReadChunk(ReadOnlyMemory<byte> body)
    {
        var reader = new FrameReader(body.Span);
        if (reader.UInt64() != XxHash3.HashToUInt64(body.Span[8..]))
        {
            throw new InvalidDataException("a snapshot's chunk was changed on its way");
        }

        return new SnapshotChunk(
            reader.Int64(), reader.UInt128(), (int)reader.Int64(), reader.Int64(), body[ChunkHeadLength..]);
    }

    public static byte[] SnapshotInstall(long term, UInt128 id)
    {
        var frame = Head(FrameKind.SnapshotInstall, 24, out var body);
        BinaryPrimitives.WriteInt64LittleEndian(body, term);
        BinaryPrimitives.WriteUInt128BigEndian(body[8..], id);
        return frame;
    }

    public static byte[] SnapshotReply(in SnapshotReply reply)
    {
        var reason = Encoding.UTF8.GetBytes(reply.Reason);
        var frame = Head(FrameKind.SnapshotReply, (4 * 8) + reason.Length, out var body);
        BinaryPrimitives.WriteInt64LittleEndian(body, reply.Term);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], (long)reply.Answer);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], reply.File);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], reply.Offset);
        reason.CopyTo(body[32..]);
        return frame;
    }

    public static SnapshotReply ReadSnapshotReply(ReadOnlyMemory<byte> body)
    {
        var reader = new FrameReader(body.Span);
        return new SnapshotReply(
            reader.Int64(), (SnapshotAnswer)reader.Int64(), (int)reader.Int64(), reader.Int64(),
            Encoding.UTF8.GetString(reader.Bytes(reader.Remaining)));
    }

    private static byte[] Head(FrameKind kind, int bodyLength, out Span<byte> body)
    {
        var frame = new byte[HeadLength + bodyLength];
        WriteHead(frame, kind, bodyLength);
        body = frame.AsSpan(HeadLength);
        return frame;
    }

    private static void WriteHead(Span<byte> frame, FrameKind kind, int bodyLength)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, bodyLength + 1);
        frame[4] = (byte)kind;
    }
}
