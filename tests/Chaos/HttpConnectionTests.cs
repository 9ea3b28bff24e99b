using System.Net;
using System.Net.Sockets;
using System.Text;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Tests.Chaos;

public sealed class HttpConnectionTests : IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly HttpConnection _connection;

    public HttpConnectionTests()
    {
        _server.Start();
        _connection = new HttpConnection(new Uri($"http://{_server.LocalEndpoint}"));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nETag: \"3\"\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\netag: \"3\"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")]
    public async Task An_answer_is_read_whole(string answer)
    {
        var served = ServeAsync(answer);

        var read = await _connection.SendAsync("PUT", "/v1/kv/a", "body", ("Raft-Wait", "1s"));

        Assert.Equal((200, "\"3\"", "hello"), (read.Status, read.Headers["ETag"], read.Text));
        var request = await served;
        Assert.StartsWith("PUT /v1/kv/a HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Contains("\r\nRaft-Wait: 1s\r\n", request, StringComparison.Ordinal);
        Assert.EndsWith("Content-Length: 4\r\n\r\nbody", request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task A_broken_answer_leaves_the_outcome_unknown(string answer)
    {
        var served = ServeAsync(answer);

        await Assert.ThrowsAnyAsync<IOException>(() => _connection.SendAsync("PUT", "/v1/kv/a", "body"));
        await served;
    }

    [Fact]
    public async Task It_is_known_when_nothing_was_sent()
    {
        _server.Stop();

        await Assert.ThrowsAsync<NotSentException>(() => _connection.SendAsync("PUT", "/v1/kv/a", "body"));
    }

    [Theory]
    [InlineData("application/problem+json", "{\"outcome\":\"not-applied\"}", "not-applied")]
    [InlineData("application/problem+json", "{\"code\":\"x\"}", null)]
    [InlineData("text/plain", "{\"outcome\":\"not-applied\"}", null)]
    public void Only_a_problem_says_what_became_of_a_write(string type, string body, string? outcome) => Assert.Equal(
        outcome, new HttpAnswer(503, new Dictionary<string, string> { ["Content-Type"] = type }, Encoding.UTF8.GetBytes(body)).Outcome);

    public void Dispose()
    {
        _connection.Dispose();
        _server.Dispose();
    }

    /// <summary>Takes one request, says something and hangs up.</summary>
    private async Task<string> ServeAsync(string answer)
    {
        using var client = await _server.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var request = new byte[4096];
        var length = 0;
        while (!Encoding.ASCII.GetString(request, 0, length).EndsWith("body", StringComparison.Ordinal))
        {
            length += await client.GetStream().ReadAsync(request.AsMemory(length), TestContext.Current.CancellationToken);
        }

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(request, 0, length);
    }
}
