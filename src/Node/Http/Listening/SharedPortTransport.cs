using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace RaftCluster.Node.Http.Listening;

/// <summary>
/// Listens as Kestrel's sockets do; on the addresses it is told to share, it hands each connection to the endpoint
/// of its HTTP version.
/// </summary>
internal sealed class SharedPortTransport(SocketTransportFactory sockets, IEnumerable<IPEndPoint> shared, TimeProvider time)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly HashSet<IPEndPoint> _shared = [.. shared];
    private readonly ConcurrentDictionary<IPEndPoint, SharedPort> _ports = new();

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is Http2EndPoint || sockets.CanBind(endpoint);

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        switch (endpoint)
        {
            case Http2EndPoint side:
                return PortOf(side.Shared).Http2(side);
            case IPEndPoint address when _shared.Contains(address):
                var port = PortOf(address);
                var listener = await sockets.BindAsync(endpoint, cancellationToken);
                return port.Start(listener);
            default:
                return await sockets.BindAsync(endpoint, cancellationToken);
        }
    }

    private SharedPort PortOf(IPEndPoint address) => _ports.GetOrAdd(address, static (_, time) => new SharedPort(time), time);
}
