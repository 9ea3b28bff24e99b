using System.Buffers;
using System.IO.Pipelines;

namespace RaftCluster.Node.Http.Listening;

/// <summary>Tells HTTP/2 from HTTP/1.1 by a connection's first bytes, and leaves them where they are.</summary>
internal static class HttpPreface
{
    /// <summary>The first line of HTTP/2's connection preface (RFC 9113, 3.4). No HTTP/1 request has this verb.</summary>
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n"u8;

    /// <summary>Waits until it can be told.</summary>
    /// <returns>Whether it is HTTP/2; null when the connection ended first.</returns>
    public static async ValueTask<bool?> IsHttp2Async(PipeReader input, CancellationToken stop)
    {
        while (true)
        {
            var read = await input.ReadAsync(stop);
            var decided = Decide(read.Buffer);
            if (decided is not null || read.IsCompleted)
            {
                // Nothing was examined: the next reader sees the same bytes at once.
                input.AdvanceTo(read.Buffer.Start);
                return decided ?? (read.Buffer.IsEmpty ? null : false);
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool? Decide(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> begin = stackalloc byte[Preface.Length];
        var length = (int)Math.Min(buffer.Length, begin.Length);
        buffer.Slice(0, length).CopyTo(begin);
        return !Preface.StartsWith(begin[..length]) ? false
            : length == Preface.Length ? true
            : null;
    }
}
