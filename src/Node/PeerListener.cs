using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace RaftCluster.Node;

/// <summary>
/// The port where the other nodes connect. A server of its own, so that it outlives the API's at a stop: requests
/// under way still need agreement.
/// </summary>
internal sealed class PeerListener : IAsyncDisposable
{
    private readonly KestrelServer _server;

    private PeerListener(KestrelServer server) => _server = server;

    /// <summary>Starts to listen.</summary>
    /// <param name="address">Where.</param>
    /// <param name="serve">Serves one connection to its end.</param>
    /// <param name="logging">Where the server logs.</param>
    public static async Task<PeerListener> StartAsync(
        IPEndPoint address, Func<ConnectionContext, Task> serve, ILoggerFactory logging)
    {
        var options = new KestrelServerOptions();
        options.Listen(address, at => ConnectionBuilderExtensions.Run(at, serve));
        var server = new KestrelServer(
            Options.Create(options),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), logging),
            logging);
        try
        {
            await server.StartAsync(new NoHttp(), CancellationToken.None);
        }
        catch
        {
            server.Dispose();
            throw;
        }

        return new PeerListener(server);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Whatever connection is still open belongs to another node, which connects again elsewhere or later.
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
    }

    /// <summary>The server wants to know who answers its requests; on this port there are none.</summary>
    private sealed class NoHttp : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public Task ProcessRequestAsync(IFeatureCollection context) =>
            throw new System.Diagnostics.UnreachableException("the peer port speaks no HTTP");

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
        }
    }
}
