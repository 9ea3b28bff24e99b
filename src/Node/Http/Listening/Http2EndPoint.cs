using System.Net;

namespace RaftCluster.Node.Http.Listening;

/// <summary>
/// The HTTP/2 side of an address that speaks both versions in clear. Kestrel takes one version for each endpoint
/// without TLS, so the connections that begin with HTTP/2's preface go to this second one.
/// </summary>
/// <param name="shared">The address that both share.</param>
internal sealed class Http2EndPoint(IPEndPoint shared) : EndPoint
{
    /// <summary>The address that both share.</summary>
    public IPEndPoint Shared => shared;

    /// <inheritdoc/>
    public override string ToString() => $"http://{shared} (HTTP/2)";
}
