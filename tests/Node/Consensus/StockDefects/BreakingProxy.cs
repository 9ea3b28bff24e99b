using System.Net;
using System.Net.Sockets;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>A way to a node on which no connection carries more than some bytes towards it: then it breaks.</summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _passedLimit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IPEndPoint _to = new(IPAddress.Loopback, FreePorts.Find(1)[0]);
    private readonly int _bytesEach;
    private readonly long _limit;
    private readonly Task _accepting;
    private long _passed;

    /// <param name="bytesEach">What a connection carries.</param>
    /// <param name="limit">After this many bytes over all connections, <see cref="PassedLimit"/> is done.</param>
    public BreakingProxy(int bytesEach, long limit)
    {
        (_bytesEach, _limit) = (bytesEach, limit);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Where the node is to listen.</summary>
    public IPEndPoint Node => _to;

    /// <summary>Done when as many bytes went through as were said.</summary>
    public Task PassedLimit => _passedLimit.Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient caller)
    {
        using (caller)
        using (var node = new TcpClient())
        {
            try
            {
                await node.ConnectAsync(_to, _end.Token);
                using var over = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
                await Task.WhenAny(PassAsync(caller, node, _bytesEach, over.Token), PassAsync(node, caller, int.MaxValue, over.Token));
                await over.CancelAsync();
            }
            catch (Exception broken) when (broken is SocketException or OperationCanceledException)
            {
                // The node does not listen yet, or the test is over: the caller's connection closes.
            }
        }
    }

    /// <summary>Passes bytes on until there are no more, or it was enough.</summary>
    private async Task PassAsync(TcpClient from, TcpClient to, int most, CancellationToken over)
    {
        var buffer = new byte[16 << 10];
        try
        {
            for (var passed = 0; passed < most;)
            {
                var count = await from.Client.ReceiveAsync(buffer.AsMemory(0, Math.Min(buffer.Length, most - passed)), over);
                if (count == 0)
                {
                    return;
                }

                passed += await to.Client.SendAsync(buffer.AsMemory(0, count), over);
                if (most == _bytesEach && Interlocked.Add(ref _passed, count) >= _limit)
                {
                    _passedLimit.TrySetResult();
                }
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One end closed it: so does this one.
        }
    }
}
