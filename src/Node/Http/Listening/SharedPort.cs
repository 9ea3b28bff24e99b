using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace RaftCluster.Node.Http.Listening;

/// <summary>One address whose connections are dealt to two listeners, by their HTTP version.</summary>
internal sealed class SharedPort(TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long a connection may be silent at its begin. Kestrel's own limits start when it is handed over.</summary>
    private static readonly TimeSpan _silence = TimeSpan.FromMinutes(2);

    private readonly Channel<ConnectionContext> _http1 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly Channel<ConnectionContext> _http2 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly CancellationTokenSource _stop = new();
    private IConnectionListener? _sockets;
    private Task _accepting = Task.CompletedTask;
    private int _underWay = 1;

    /// <summary>Starts to accept.</summary>
    /// <returns>The listener of HTTP/1.1, which owns the socket.</returns>
    public IConnectionListener Start(IConnectionListener sockets)
    {
        _sockets = sockets;
        _accepting = AcceptAsync(sockets);
        return new Side(this, sockets.EndPoint, _http1.Reader);
    }

    /// <returns>The listener of HTTP/2.</returns>
    public IConnectionListener Http2(Http2EndPoint endPoint) => new Side(this, endPoint, _http2.Reader);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        if (_sockets is not null)
        {
            await _sockets.DisposeAsync();
        }
    }

    private async ValueTask StopAsync(CancellationToken token)
    {
        await _stop.CancelAsync();
        if (_sockets is not null)
        {
            await _sockets.UnbindAsync(token);
        }

        await _accepting;
    }

    private async Task AcceptAsync(IConnectionListener sockets)
    {
        try
        {
            while (await sockets.AcceptAsync(CancellationToken.None) is { } connection)
            {
                Interlocked.Increment(ref _underWay);
                _ = DealAsync(connection);
            }
        }
        catch (Exception failed)
        {
            // The server learns of it as from any listener: its next accept throws.
            _http1.Writer.TryComplete(failed);
            _http2.Writer.TryComplete(failed);
            return;
        }

        End();
    }

    /// <summary>Waits for the first bytes of one connection; others are accepted meanwhile.</summary>
    private async Task DealAsync(ConnectionContext connection)
    {
        try
        {
            using var limit = new CancellationTokenSource(_silence, time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
            var version = await HttpPreface.IsHttp2Async(connection.Transport.Input, stop.Token);
            var side = version == true ? _http2 : _http1;
            if (version is null || !side.Writer.TryWrite(connection))
            {
                await connection.DisposeAsync();
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException)
        {
            // Silent for too long, reset by its client, or the node stops: nobody waits for an answer.
            connection.Abort();
            await connection.DisposeAsync();
        }
        finally
        {
            End();
        }
    }

    /// <summary>The listeners end when the last connection that was accepted has been dealt.</summary>
    private void End()
    {
        if (Interlocked.Decrement(ref _underWay) == 0)
        {
            _http1.Writer.TryComplete();
            _http2.Writer.TryComplete();
        }
    }

    private sealed class Side(SharedPort port, EndPoint endPoint, ChannelReader<ConnectionContext> dealt) : IConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await dealt.WaitToReadAsync(cancellationToken))
            {
                if (dealt.TryRead(out var connection))
                {
                    return connection;
                }
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => port.StopAsync(cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await port.DisposeAsync();
            while (dealt.TryRead(out var connection))
            {
                connection.Abort();
                await connection.DisposeAsync();
            }
        }
    }
}
