using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace RaftCluster.Node.Consensus.Transport;

/// <summary>
/// The calling end of one channel to one node: connects when needed, sends a request, awaits its answer. Whatever goes
/// wrong closes the connection, so that a late answer is never taken for another request's.
/// </summary>
/// <param name="to">The other node.</param>
/// <param name="channel">What the connection is for.</param>
/// <param name="identity">Who this node is.</param>
/// <param name="clocks">Told the other node's clock.</param>
/// <param name="welcomed">Told which entries the other node can apply, at each new connection.</param>
/// <param name="rest">How long to wait after a failed attempt to connect before the next one.</param>
/// <param name="logger">Where it logs.</param>
internal sealed partial class PeerConnection(
    Member to, PeerChannel channel, PeerIdentity identity, PeerClocks clocks, Action<int> welcomed, TimeSpan rest, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private byte[] _reply = new byte[256];
    private Socket? _socket;
    private long _failedAt;
    private string? _lastRefusal;
    private volatile bool _disposed;

    /// <summary>Sends a frame and awaits the answer.</summary>
    /// <param name="frame">The whole frame.</param>
    /// <param name="expected">The kind of the answer.</param>
    /// <param name="read">Reads the answer's body.</param>
    /// <param name="limit">The time limit: of the channel's requests, or the caller's own.</param>
    /// <param name="token">The caller's patience.</param>
    /// <exception cref="PeerUnavailableException">No answer.</exception>
    /// <exception cref="OperationCanceledException">The caller's patience ended.</exception>
    public async ValueTask<TReply> AskAsync<TReply>(
        ReadOnlyMemory<byte> frame, FrameKind expected, Func<ReadOnlyMemory<byte>, TReply> read, TimeSpan limit, CancellationToken token)
    {
        await _turn.WaitAsync(token).ConfigureAwait(false);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
            patience.CancelAfter(limit);
            try
            {
                CloseIfOver();
                _socket ??= await ConnectAfterRestAsync(patience.Token).ConfigureAwait(false);
                await SendAsync(_socket, frame, patience.Token).ConfigureAwait(false);
                var (kind, body) = await ReceiveAsync(_socket, patience.Token).ConfigureAwait(false);
                return kind == expected
                    ? read(body)
                    : throw new PeerUnavailableException($"{to.Id} could not answer: {Encoding.UTF8.GetString(body.Span)}");
            }
            catch (Exception lost)
            {
                Close();
                if (lost is OperationCanceledException && token.IsCancellationRequested)
                {
                    throw;
                }

                if (lost is OperationCanceledException or SocketException or IOException or InvalidDataException or ObjectDisposedException)
                {
                    throw lost as PeerUnavailableException
                        ?? new PeerUnavailableException($"{to.Id} at {to.Peer} did not answer: {Reason(lost, limit)}", lost);
                }

                throw;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Connects when there is no connection; while it is in use there is one, or somebody is at it.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <param name="token">The caller's patience.</param>
    /// <exception cref="OperationCanceledException">The caller's patience ended.</exception>
    public async ValueTask PrepareAsync(TimeSpan limit, CancellationToken token)
    {
        if (!await _turn.WaitAsync(0, token).ConfigureAwait(false))
        {
            return;
        }

        try
        {
            CloseIfOver();
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
            patience.CancelAfter(limit);
            _socket ??= await ConnectAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is SocketException or IOException or InvalidDataException or ObjectDisposedException
            || (lost is OperationCanceledException && !token.IsCancellationRequested))
        {
            // The other node is down, or not ready: the next time will do.
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        Close();
    }

    private static string Reason(Exception lost, TimeSpan limit) =>
        lost is OperationCanceledException ? $"not within {limit.TotalMilliseconds:0} ms" : lost.Message;

    /// <summary>
    /// A node that is down refuses at once, and a busy leader asks it thousands of times a second: each failure costs more
    /// than an entry does. So the channel rests between two attempts, which the library takes for a slow member.
    /// </summary>
    private async ValueTask<Socket> ConnectAfterRestAsync(CancellationToken token)
    {
        var left = _failedAt == 0 ? TimeSpan.Zero : rest - Stopwatch.GetElapsedTime(_failedAt);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, token).ConfigureAwait(false);
        }

        try
        {
            var connected = await ConnectAsync(token).ConfigureAwait(false);
            _failedAt = 0;
            return connected;
        }
        catch
        {
            _failedAt = Stopwatch.GetTimestamp();
            throw;
        }
    }

    private async ValueTask<Socket> ConnectAsync(CancellationToken token)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var connecting = new Socket(to.Peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await connecting.ConnectAsync(to.Peer, token).ConfigureAwait(false);
            var hello = new Frame.HelloBody(
                identity.Protocols,
                identity.ClusterId,
                channel,
                clocks.Now,
                identity.NodeId,
                to.Id,
                identity.Configuration(),
                identity.StateVersion);
            var sentAt = clocks.Now;
            await SendAsync(connecting, Frame.Hello(hello), token).ConfigureAwait(false);
            var (kind, body) = await ReceiveAsync(connecting, token).ConfigureAwait(false);
            if (kind != FrameKind.Welcome)
            {
                var (removedBy, refusal) = kind == FrameKind.Removed
                    ? Frame.ReadRemoved(body.Span)
                    : (0, Encoding.UTF8.GetString(body.Span));
                if (refusal != _lastRefusal)
                {
                    Log.Refused(logger, to.Id, to.Peer.ToString(), refusal);
                    _lastRefusal = refusal;
                }

                if (removedBy > 0)
                {
                    identity.Removed(removedBy, refusal);
                }

                throw new PeerUnavailableException($"{to.Id} at {to.Peer} refused this node: {refusal}");
            }

            ObjectDisposedException.ThrowIf(_disposed, this);
            _lastRefusal = null;
            var welcome = Frame.ReadWelcome(body.Span);
            clocks.Observe(to.Id, welcome.Clock, sentAt);
            welcomed(welcome.StateVersion);
            return connecting;
        }
        catch
        {
            connecting.Dispose();
            throw;
        }
    }

    private static async ValueTask SendAsync(Socket to, ReadOnlyMemory<byte> frame, CancellationToken token)
    {
        while (!frame.IsEmpty)
        {
            frame = frame[await to.SendAsync(frame, token).ConfigureAwait(false)..];
        }
    }

    private async ValueTask<(FrameKind Kind, ReadOnlyMemory<byte> Body)> ReceiveAsync(Socket from, CancellationToken token)
    {
        // Answers are small: one read usually brings the whole of it.
        var have = 0;
        while (have < Frame.HeadLength)
        {
            have += await ReceiveSomeAsync(from, _reply.AsMemory(have), token).ConfigureAwait(false);
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(_reply) - 1;
        if (length < 0 || length > Frame.MaximumLength)
        {
            throw new InvalidDataException($"a frame of {length} bytes, of at most {Frame.MaximumLength}");
        }

        var whole = Frame.HeadLength + length;
        if (whole > _reply.Length)
        {
            Array.Resize(ref _reply, whole);
        }

        while (have < whole)
        {
            have += await ReceiveSomeAsync(from, _reply.AsMemory(have), token).ConfigureAwait(false);
        }

        return have == whole
            ? ((FrameKind)_reply[4], _reply.AsMemory(Frame.HeadLength, length))
            : throw new InvalidDataException("more than one answer to one request");
    }

    private static async ValueTask<int> ReceiveSomeAsync(Socket from, Memory<byte> into, CancellationToken token)
    {
        var count = await from.ReceiveAsync(into, token).ConfigureAwait(false);
        return count > 0 ? count : throw new IOException("the connection was closed");
    }

    /// <summary>
    /// Nothing comes unasked, so what can be read is the other end's goodbye: it was restarted since the last request, which
    /// for votes may be long ago. Asking on it would cost an election.
    /// </summary>
    private void CloseIfOver()
    {
        if (_socket is { } kept && kept.Poll(0, SelectMode.SelectRead))
        {
            Close();
        }
    }

    private void Close() => Interlocked.Exchange(ref _socket, null)?.Dispose();

    private static partial class Log
    {
        [LoggerMessage(1101, LogLevel.Warning, "{Peer} at {Address} refuses this node: {Reason}")]
        public static partial void Refused(ILogger logger, string peer, string address, string reason);
    }
}
