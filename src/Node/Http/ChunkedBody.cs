using System.Globalization;
using System.Text;

namespace RaftCluster.Node.Http;

/// <summary>
/// A body in chunks with a field behind it (RFC 9112, 7.1). The server does that by itself in HTTP/2, and in HTTP/1.1 the
/// chunks without the field; one that the answer declares as chunked it passes on as it is.
/// </summary>
internal sealed class ChunkedBody(Stream body) : Stream
{
    private static readonly byte[] _lineEnd = "\r\n"u8.ToArray();

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return;
        }

        await body.WriteAsync(Encoding.ASCII.GetBytes(buffer.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), cancellationToken);
        await body.WriteAsync(buffer, cancellationToken);
        await body.WriteAsync(_lineEnd, cancellationToken);
    }

    /// <summary>Ends the body.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="value">What it says.</param>
    /// <param name="cancellationToken">Ends the wait for the reader.</param>
    public async ValueTask EndAsync(string field, string value, CancellationToken cancellationToken) =>
        await body.WriteAsync(Encoding.ASCII.GetBytes($"0\r\n{field}: {value}\r\n\r\n"), cancellationToken);

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => body.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
