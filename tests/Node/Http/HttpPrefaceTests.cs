using System.Buffers;
using System.IO.Pipelines;
using RaftCluster.Node.Http.Listening;

namespace RaftCluster.Tests.Node.Http;

/// <summary>The two versions are told apart however the bytes come, and none is lost.</summary>
public sealed class HttpPrefaceTests
{
    /// <summary>what comes, whether it is HTTP/2 (null: the connection ended too early to tell)</summary>
    public static TheoryData<string, bool?> Begins => new()
    {
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true },
        { "GET / HTTP/1.1\r\n", false },
        { "PUT / HTTP/1.1\r\n", false },
        { "PRI * HTTP/1.1\r\n", false },
        { "PRI * HTTP/2.1\r\n", false },
        { "x", false },
        { "PRI * HTTP/2", false },
        { "", null },
    };

    [Theory]
    [MemberData(nameof(Begins))]
    public async Task They_are_told_apart_byte_by_byte_and_at_once(string begin, bool? http2)
    {
        foreach (var step in new[] { 1, 5, 100 })
        {
            var pipe = new Pipe();
            var told = HttpPreface.IsHttp2Async(pipe.Reader, TestContext.Current.CancellationToken).AsTask();
            for (var at = 0; at < begin.Length; at += step)
            {
                var bytes = System.Text.Encoding.ASCII.GetBytes(begin[at..Math.Min(begin.Length, at + step)]);
                await pipe.Writer.WriteAsync(bytes, TestContext.Current.CancellationToken);
            }

            await pipe.Writer.CompleteAsync();

            Assert.Equal(http2, await told);
            var left = await pipe.Reader.ReadAtLeastAsync(begin.Length, TestContext.Current.CancellationToken);
            Assert.Equal(begin, System.Text.Encoding.ASCII.GetString(left.Buffer.ToArray()));
        }
    }
}
