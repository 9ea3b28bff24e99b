using System.Net;

namespace RaftCluster.Node.Http;

/// <summary>
/// The body of a forwarded write, which notes when it begins to go out. Before that the leader can't have acted on
/// the request, so a failure is certain to have changed nothing. A write without a body has an empty one of these,
/// for the same reason.
/// </summary>
internal sealed class ForwardedBody(ReadOnlyMemory<byte> body) : HttpContent
{
    private volatile bool _begun;

    public bool Begun => _begun;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _begun = true;
        return body.IsEmpty ? Task.CompletedTask : stream.WriteAsync(body, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
