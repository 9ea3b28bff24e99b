using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RaftCluster.Chaos.Network;

/// <summary>
/// An address by which one node reaches one port of another. It refuses connections while the other's process is not there, as
/// the port itself would.
/// </summary>
/// <param name="port">The port that it leads to.</param>
/// <param name="there">The way of what the caller says.</param>
/// <param name="back">The way of what it is answered.</param>
internal sealed class Door(int port, Direction there, Direction back) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<Passage, bool> _passages = [];
    private Socket? _listener;

    /// <summary>Its own port.</summary>
    public int Port { get; private set; }

    /// <summary>Lets callers in.</summary>
    public void Open()
    {
        lock (_lock)
        {
            if (_listener is not null)
            {
                return;
            }

            _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
            _listener.Listen();
            Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
            _ = AcceptAsync(_listener);
        }
    }

    /// <summary>Refuses callers.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
        }
    }

    /// <summary>Breaks every connection through it.</summary>
    /// <returns>How many.</returns>
    public int Reset()
    {
        var passages = _passages.Keys.ToList();
        passages.ForEach(passage => passage.Reset());
        return passages.Count;
    }

    /// <summary>Keeps back what is said from now on over every connection that there is; new ones are not met.</summary>
    public IReadOnlyList<Passage> Hold() => [.. _passages.Keys.Where(passage => passage.Hold())];

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        Reset();
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                _ = CarryAsync(await listener.AcceptAsync());
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Nobody is let in any more.
        }
    }

    private async Task CarryAsync(Socket caller)
    {
        using var passage = new Passage(caller, port, there, back);
        _passages.TryAdd(passage, true);
        try
        {
            await passage.CarryAsync();
        }
        finally
        {
            _passages.TryRemove(passage, out _);
        }
    }
}
