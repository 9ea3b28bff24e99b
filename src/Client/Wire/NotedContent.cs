using System.Net;

namespace RaftCluster.Client;

/// <summary>
/// A request's body that notes when it begins to go out. Until then the request can't have been applied, so a
/// failure before it is certain. Every write has one, if only an empty one: <see cref="SocketsHttpHandler"/>
/// silently repeats a request without a body when its connection dies, which a write must never be.
/// </summary>
internal sealed class NotedContent(ReadOnlyMemory<byte> body) : HttpContent
{
    private volatile bool _begun;

    internal bool Begun => _begun;

    internal ReadOnlyMemory<byte> Bytes => body;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _begun = true;
        return stream.WriteAsync(body, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
