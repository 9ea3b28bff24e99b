using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Rehearsals;

/// <summary>Another node, as a rehearsal needs it: at an address of this machine, it votes for whoever asks, has all that it is sent, and takes over when told.</summary>
internal sealed class ObligingPeer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _connections = [];
    private readonly TimeProvider _time;
    private Task _accepting = Task.CompletedTask;

    private ObligingPeer(Socket listener, TimeProvider time) => (_listener, _time) = (listener, time);

    /// <summary>Where it listens.</summary>
    public IPEndPoint At => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>What it does when the leader of a term tells it to take over.</summary>
    public Func<long, Task> TakesOver { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">It can't.</exception>
    public static ObligingPeer Start(TimeProvider time)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var peer = new ObligingPeer(listener, time);
        peer._accepting = peer.AcceptAsync();
        return peer;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections).ConfigureAwait(false);
        _listener.Dispose();
        _over.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptAsync(_over.Token).ConfigureAwait(false)));
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            connection.NoDelay = true;
            using var stream = new NetworkStream(connection, ownsSocket: true);
            var input = PipeReader.Create(stream);
            while (await PeerServer.ReadAsync(input, _over.Token).ConfigureAwait(false) is { } frame)
            {
                await stream.WriteAsync(Answer(frame), _over.Token).ConfigureAwait(false);
            }
        }
        catch (Exception lost) when (lost is IOException or OperationCanceledException or InvalidDataException)
        {
            // It is over, or somebody called who has no business here.
        }
    }

    private byte[] Answer(ReceivedFrame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Hello:
                var hello = Frame.ReadHello(frame.Body.Span);
                return Frame.Welcome(new Frame.WelcomeBody(_time.GetUtcNow().ToUnixTimeMilliseconds(), hello.Protocols.Highest, hello.StateVersion));
            case FrameKind.Append:
                var (append, entries) = Frame.ReadAppend(frame.Body);
                return Frame.AppendReply(new AppendReply(append.Term, append.PreviousIndex + entries.Length, (byte)HeartbeatResult.Replicated));
            case FrameKind.Vote:
                return Frame.VoteReply(new VoteReply(Frame.ReadVote(frame.Body.Span).Term, (byte)PreVoteResult.Accepted));
            case FrameKind.Confirm:
                return Frame.Numbers(FrameKind.ConfirmReply, 1, 1);
            case FrameKind.TakeOver:
                _ = TakesOver(new FrameReader(frame.Body.Span).Int64());
                return Frame.Text(FrameKind.TakeOverReply, "");
            default:
                throw new InvalidDataException($"a {frame.Kind} frame at a rehearsal");
        }
    }
}
