using System.Buffers;

namespace RaftCluster.Node.Consensus.Transport;

/// <summary>A way to one other node: a connection for each channel.</summary>
internal sealed class PeerLink : IPeerLink
{
    /// <summary>Who prepares a connection holds it meanwhile.</summary>
    private static readonly TimeSpan _longestPreparation = TimeSpan.FromMilliseconds(250);

    private readonly PeerConnection _entries;
    private readonly PeerConnection _votes;
    private readonly PeerConnection _questions;
    private readonly PeerConnection _snapshots;
    private readonly PeerConnection _orders;
    private readonly TimeSpan _entriesLimit;
    private readonly TimeSpan _votesLimit;
    private volatile int _stateVersion;

    public PeerLink(Member to, PeerIdentity identity, ConsensusOptions options, PeerClocks clocks, ILogger logger)
    {
        to = to with { Peer = options.Route(to) };

        // A vote must be answered, or given up, well within an election: the library awaits every voter's answer.
        _votesLimit = options.ElectionTimeout / 3;
        _entriesLimit = options.ElectionTimeout * 2;
        _entries = new PeerConnection(to, PeerChannel.Entries, identity, clocks, Welcomed, options.HeartbeatInterval, logger);
        _votes = new PeerConnection(to, PeerChannel.Votes, identity, clocks, Welcomed, TimeSpan.Zero, logger);
        _questions = new PeerConnection(to, PeerChannel.Questions, identity, clocks, Welcomed, TimeSpan.Zero, logger);
        _snapshots = new PeerConnection(to, PeerChannel.Snapshots, identity, clocks, Welcomed, TimeSpan.Zero, logger);
        _orders = new PeerConnection(to, PeerChannel.Orders, identity, clocks, Welcomed, TimeSpan.Zero, logger);
    }

    public int StateVersion => _stateVersion;

    public async ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken token)
    {
        var length = Frame.AppendLength(request);
        var frame = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Frame.WriteAppend(frame.AsSpan(0, length), request);
            return await _entries.AskAsync(
                frame.AsMemory(0, length), FrameKind.AppendReply, ReadAppendReply, _entriesLimit, token).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    public async ValueTask PrepareAsync(CancellationToken token)
    {
        var limit = _votesLimit < _longestPreparation ? _votesLimit : _longestPreparation;
        await _votes.PrepareAsync(limit, token).ConfigureAwait(false);
        await _orders.PrepareAsync(limit, token).ConfigureAwait(false);
        await _questions.PrepareAsync(limit, token).ConfigureAwait(false);
        await _entries.PrepareAsync(limit, token).ConfigureAwait(false);
    }

    public ValueTask<VoteReply> VoteAsync(VoteRequest request, CancellationToken token) =>
        _votes.AskAsync(Frame.Vote(request), FrameKind.VoteReply, ReadVoteReply, _votesLimit, token);

    public ValueTask<LeaderProof?> ConfirmAsync(CancellationToken token) =>
        _questions.AskAsync(Frame.Numbers(FrameKind.Confirm), FrameKind.ConfirmReply, ReadConfirmReply, _entriesLimit, token);

    public ValueTask<SnapshotReply> SendSnapshotAsync(ReadOnlyMemory<byte> frame, TimeSpan limit, CancellationToken token) =>
        _snapshots.AskAsync(frame, FrameKind.SnapshotReply, Frame.ReadSnapshotReply, limit, token);

    public ValueTask<string?> TakeOverAsync(long term, CancellationToken token) =>
        _orders.AskAsync(Frame.Numbers(FrameKind.TakeOver, term), FrameKind.TakeOverReply, ReadTakeOverReply, _votesLimit, token);

    public void Dispose()
    {
        _entries.Dispose();
        _votes.Dispose();
        _questions.Dispose();
        _snapshots.Dispose();
        _orders.Dispose();
    }

    private void Welcomed(int stateVersion) => _stateVersion = stateVersion;

    private static AppendReply ReadAppendReply(ReadOnlyMemory<byte> body)
    {
        var reader = new FrameReader(body.Span);
        return new AppendReply(reader.Int64(), reader.Int64(), (byte)reader.Int64());
    }

    private static VoteReply ReadVoteReply(ReadOnlyMemory<byte> body)
    {
        var reader = new FrameReader(body.Span);
        return new VoteReply(reader.Int64(), (byte)reader.Int64());
    }

    private static string? ReadTakeOverReply(ReadOnlyMemory<byte> body) =>
        body.IsEmpty ? null : System.Text.Encoding.UTF8.GetString(body.Span);

    private static LeaderProof? ReadConfirmReply(ReadOnlyMemory<byte> body)
    {
        var reader = new FrameReader(body.Span);
        var proof = new LeaderProof(reader.Int64(), reader.Int64());
        return proof.Index > 0 ? proof : null;
    }
}
