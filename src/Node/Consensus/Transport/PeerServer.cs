using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Space;

namespace RaftCluster.Node.Consensus.Transport;

/// <summary>
/// The answering end: other nodes' connections, as Kestrel hands them over. A node of another cluster, or one that
/// means another node, is refused by name; of several connections of one node for one channel only the newest counts,
/// so that frames which waited in a broken one can't speak after it.
/// </summary>
internal sealed partial class PeerServer(
    PeerIdentity identity, Belonging belonging, PeerClocks clocks, Func<Room>? ownRoom, ILogger logger)
{
    private readonly ConcurrentDictionary<(string, PeerChannel), ConnectionContext> _newest = new();
#if CHAOS
    // The guard that lets no old request in is taken away with the one in the log.
    private readonly bool _hearsOld = StateMachine.Mutant.Is(StateMachine.Mutant.TruncateOnRepeat);
#endif
    private RaftNode? _raft;
    private IPeerDuties? _duties;

    /// <summary>Begins to answer. Connections that come before are refused, and come again.</summary>
    /// <param name="node">Answers entries and votes.</param>
    /// <param name="duties">Answers the rest.</param>
    public void Open(RaftNode node, IPeerDuties duties)
    {
        _duties = duties;
        Volatile.Write(ref _raft, node);
    }

    /// <summary>Refuses whatever comes from now on.</summary>
    public void Close()
    {
        Volatile.Write(ref _raft, null);
        foreach (var connection in _newest.Values)
        {
            connection.Abort();
        }
    }

    /// <summary>Serves one connection to its end.</summary>
    public async Task ServeAsync(ConnectionContext connection)
    {
        try
        {
            await ServeFramesAsync(connection).ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is IOException or OperationCanceledException or ConnectionAbortedException or InvalidDataException)
        {
            Log.Lost(logger, connection.RemoteEndPoint?.ToString(), lost.Message);
        }
    }

    private async Task ServeFramesAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var output = connection.Transport.Output;
        if (await ReadAsync(input, connection.ConnectionClosed).ConfigureAwait(false) is not { } first)
        {
            return;
        }

        if (Refusal(first, out var hello) is { } refusal)
        {
            Log.Refused(logger, connection.RemoteEndPoint?.ToString(), refusal);
            await output.WriteAsync(Frame.Text(FrameKind.Refusal, refusal)).ConfigureAwait(false);
            return;
        }

        var standing = belonging.Of(hello.From, hello.Configuration);
        if (standing is CallerStanding.Removed removed)
        {
            var message = ConsensusNode.RemovalOf(hello.From, removed.By);
            Log.Refused(logger, connection.RemoteEndPoint?.ToString(), message);
            await output.WriteAsync(Frame.Removed(removed.By.Index, message)).ConfigureAwait(false);
            return;
        }

        var place = (hello.From, hello.Channel);
        _newest.AddOrUpdate(place, connection, (_, older) =>
        {
#if CHAOS
            if (_hearsOld)
            {
                return connection;
            }

#endif
            older.Abort(new ConnectionAbortedException("superseded by a newer connection"));
            return connection;
        });
        try
        {
            await output.WriteAsync(Frame.Welcome(new Frame.WelcomeBody(
                clocks.Now, identity.Protocols.With(hello.Protocols)!.Value, identity.StateVersion))).ConfigureAwait(false);
            while (await ReadAsync(input, connection.ConnectionClosed).ConfigureAwait(false) is { } frame)
            {
                if ((!_newest.TryGetValue(place, out var current) || current != connection)
#if CHAOS
                    && !_hearsOld
#endif
                )
                {
                    throw new ConnectionAbortedException("superseded by a newer connection");
                }

                if (belonging.Of(hello.From, hello.Configuration) is not CallerStanding.Answered)
                {
                    throw new ConnectionAbortedException("it was removed meanwhile, and is told so when it connects again");
                }

                var answer = await AnswerAsync(hello.From, hello.Channel, frame, connection.ConnectionClosed).ConfigureAwait(false);
                await output.WriteAsync(answer).ConfigureAwait(false);
            }
        }
        finally
        {
            // A newer one of the same node proves that it lives.
            if (_newest.TryRemove(new KeyValuePair<(string, PeerChannel), ConnectionContext>(place, connection))
                && hello.Channel == PeerChannel.Entries && Volatile.Read(ref _raft) is not null)
            {
                _duties!.Disconnected(hello.From);
            }
        }
    }

    private string? Refusal(ReceivedFrame frame, out Frame.HelloBody hello)
    {
        hello = default;
        if (frame.Kind != FrameKind.Hello)
        {
            return "the first frame of a connection is a hello";
        }

        hello = Frame.ReadHello(frame.Body.Span);
        return hello switch
        {
            _ when identity.Protocols.With(hello.Protocols) is null =>
                $"{identity.NodeId} speaks {identity.Protocols}, and {hello.From} {hello.Protocols}: "
                + "nodes of two neighbouring versions work together, docs/upgrade.md",
            _ when hello.ClusterId != identity.ClusterId =>
                $"{identity.NodeId} is of cluster {identity.ClusterId:x16}, not {hello.ClusterId:x16}",
            _ when hello.To != identity.NodeId => $"this address is {identity.NodeId}'s, not {hello.To}'s",
            _ when hello.From == identity.NodeId || belonging.Of(hello.From, hello.Configuration) is CallerStanding.Stranger =>
                $"{hello.From} is not another member of this cluster",
            _ when Volatile.Read(ref _raft) is null => $"{identity.NodeId} is starting or stopping",
            _ => null,
        };
    }

    private async ValueTask<byte[]> AnswerAsync(string caller, PeerChannel channel, ReceivedFrame frame, CancellationToken token)
    {
        var node = Volatile.Read(ref _raft) ?? throw new ConnectionAbortedException("this node is stopping");
        switch (channel, frame.Kind)
        {
            case (PeerChannel.Entries, FrameKind.Append):
                return Frame.AppendReply(await AppendAsync(node, caller, frame.Body, token).ConfigureAwait(false));

            case (PeerChannel.Votes, FrameKind.Vote):
                return Frame.VoteReply(await _duties!.VoteAsync(caller, Frame.ReadVote(frame.Body.Span), token).ConfigureAwait(false));

            case (PeerChannel.Questions, FrameKind.Confirm):
                var proof = await _duties!.ProveAsync(token).ConfigureAwait(false) ?? default;
                return Frame.Numbers(FrameKind.ConfirmReply, proof.Index, proof.LastIndex);

            case (PeerChannel.Orders, FrameKind.TakeOver):
                var refusal = await _duties!.TakeOverAsync(new FrameReader(frame.Body.Span).Int64(), token).ConfigureAwait(false);
                return Frame.Text(FrameKind.TakeOverReply, refusal ?? "");

            case (PeerChannel.Snapshots, _):
                return await _duties!.ReceiveSnapshotAsync(frame.Kind, frame.Body, token).ConfigureAwait(false);

            default:
                throw new InvalidDataException($"a {frame.Kind} frame on the connection for {channel}");
        }
    }

    private async ValueTask<AppendReply> AppendAsync(RaftNode node, string caller, ReadOnlyMemory<byte> body, CancellationToken token)
    {
        var (append, entries) = Frame.ReadAppend(body);
        string? leader = null;
        _duties!.BeginHearing();
        try
        {
            var result = await node.OnAppendAsync(
                caller, append.Term, entries, append.PreviousIndex, append.PreviousTerm, append.Committed, token).ConfigureAwait(false);
            leader = result.Term <= append.Term ? caller : null;
            var room = ownRoom?.Invoke();
            return new AppendReply(
                result.Term, result.Value.LastIndex, (byte)result.Value.Result, room?.Free ?? -1, room?.IsLow ?? false);
        }
        finally
        {
            _duties.EndHearing(leader, append.State);
        }
    }

    /// <summary>The next frame, in memory of its own; null at the end of the connection.</summary>
    /// <summary>The next frame; null at the end.</summary>
    /// <exception cref="InvalidDataException">It is no frame, or not whole.</exception>
    internal static async ValueTask<ReceivedFrame?> ReadAsync(PipeReader input, CancellationToken token)
    {
        while (true)
        {
            var read = await input.ReadAsync(token).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (TryRead(ref buffer, out var frame))
            {
                input.AdvanceTo(buffer.Start);
                return frame;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return buffer.IsEmpty ? null : throw new InvalidDataException("the connection ended within a frame");
            }
        }
    }

    private static bool TryRead(ref ReadOnlySequence<byte> buffer, out ReceivedFrame frame)
    {
        frame = default;
        if (buffer.Length < Frame.HeadLength)
        {
            return false;
        }

        Span<byte> head = stackalloc byte[Frame.HeadLength];
        buffer.Slice(0, Frame.HeadLength).CopyTo(head);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head) - 1;
        if (length is < 0 or > Frame.MaximumLength)
        {
            throw new InvalidDataException($"a frame of {length} bytes, of at most {Frame.MaximumLength}");
        }

        if (buffer.Length < Frame.HeadLength + length)
        {
            return false;
        }

        var body = GC.AllocateUninitializedArray<byte>(length);
        buffer.Slice(Frame.HeadLength, length).CopyTo(body);
        frame = new ReceivedFrame((FrameKind)head[4], body);
        buffer = buffer.Slice(Frame.HeadLength + length);
        return true;
    }


    private static partial class Log
    {
        [LoggerMessage(1103, LogLevel.Warning, "refused a node's connection from {Address}: {Reason}")]
        public static partial void Refused(ILogger logger, string? address, string reason);

        [LoggerMessage(1104, LogLevel.Debug, "a node's connection from {Address} ended: {Reason}")]
        public static partial void Lost(ILogger logger, string? address, string reason);
    }
}

/// <summary>A frame as it came: its body is read yet.</summary>
internal readonly record struct ReceivedFrame(FrameKind Kind, ReadOnlyMemory<byte> Body);
