using System.Net.Sockets;
using System.Text;

namespace RaftCluster.Tests.Node.Http;

/// <summary>Keys come from the target as it was sent; bodies are whole or refused. Spoken over bare sockets.</summary>
public sealed class TargetTests
{
    /// <summary>the path's tail, the key as a range shows it</summary>
    public static TheoryData<string, string> Keys => new()
    {
        { "a/b", "a/b" },
        { "a%2Fb", "a/b" },
        { "a%2fb", "a/b" },
        { "a//b", "a//b" },
        { "/a", "/a" },
        { "a/", "a/" },
        { "../a", "../a" },
        { "a/../../b", "a/../../b" },
        { "./a/.", "./a/." },
        { "%2E%2E/a", "../a" },
        { "a%20b", "a b" },
        { "a+b", "a+b" },
        { "a%3Fb", "a?b" },
        { "a%23b", "a#b" },
        { "a%25b", "a%b" },
        { "a%2525", "a%25" },
        { "%E2%82%AC", "€" },
        { "a\\b", "a\\b" },
        { "a:b@c;d=e,f", "a:b@c;d=e,f" },
        { "%01%7F", "\u0001\u007f" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task A_key_is_the_decoded_tail_of_the_raw_target(string tail, string key)
    {
        await using var node = await TestNode.LeaderAsync();

        var put = await SendAsync(node, $"PUT /v1/kv/{tail} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nv");
        Assert.StartsWith("HTTP/1.1 201 ", put);
        var absolute = await SendAsync(node, $"GET http://x/v1/kv/{tail} HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", absolute);

        var items = (await node.GetAsync("/v1/kv")).Json.GetProperty("items");
        Assert.Equal(key, Assert.Single(items.EnumerateArray()).GetProperty("key").GetString());
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nhalf")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n8\r\nhalf")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    public async Task A_body_that_ends_early_changes_nothing(string rest)
    {
        await using var node = await TestNode.LeaderAsync();
        using var client = await ConnectAsync(node);
        await using var stream = new NetworkStream(client);

        await stream.WriteAsync(Encoding.Latin1.GetBytes($"PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\n{rest}"), TestContext.Current.CancellationToken);
        client.Shutdown(SocketShutdown.Send);

        // The server ends the connection without an answer, since its client broke off.
        Assert.Equal(0, await ReadOrResetAsync(stream));
        Assert.Equal((0, 0), (node.Store.Applied.Revision, node.Consensus.Proposed));
        Assert.Equal(404, (await node.GetAsync("/v1/kv/a")).Status);
    }

    [Theory]
    [InlineData("zz\r\nhalf\r\n0\r\n\r\n")]
    [InlineData("4\r\nhalfx\r\n0\r\n\r\n")]
    [InlineData("-4\r\nhalf\r\n0\r\n\r\n")]
    public async Task A_body_that_is_cut_wrongly_is_refused_and_nothing_changes(string chunks)
    {
        await using var node = await TestNode.LeaderAsync();

        var answer = await SendAsync(node, $"PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");

        Assert.StartsWith("HTTP/1.1 400 ", answer);
        Assert.Contains("\"outcome\":\"not-applied\"", answer);
        Assert.Contains("\"field\":\"body\"", answer);
        Assert.Equal((0, 0), (node.Store.Applied.Revision, node.Consensus.Proposed));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_before_it_is_sent()
    {
        await using var node = await TestNode.LeaderAsync();

        // Only the head goes out: an answer proves that nobody waited for the body.
        var answer = await SendAsync(
            node, $"PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 30}\r\nExpect: 100-continue\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 413 ", answer);
        Assert.Contains("\"code\":\"too-large\"", answer);
    }

    [Theory]
    [InlineData("GET /v1/kv/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET v1/kv/a HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GARBAGE\r\n\r\n", 400)]
    [InlineData("GET /v1/kv/a HTTP/1.1\r\nHost: x\r\nRaft-Wait : 5s\r\n\r\n", 400)]
    [InlineData("GET /v1/kv/a HTTP/1.1\r\n\r\n", 400)]
    [InlineData("PRI * HTTP/1.1\r\nHost: x\r\n\r\n", 405)]
    public async Task What_is_no_request_of_HTTP_is_refused(string request, int status)
    {
        await using var node = await TestNode.LeaderAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", await SendAsync(node, request));
        Assert.Equal(404, (await node.GetAsync("/v1/kv/a")).Status);
    }

    [Fact]
    public async Task Too_long_a_target_and_too_many_headers_are_refused()
    {
        await using var node = await TestNode.LeaderAsync();

        Assert.StartsWith("HTTP/1.1 414 ", await SendAsync(
            node, $"GET /v1/kv/{new string('k', 20_000)} HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 431 ", await SendAsync(
            node, $"GET /v1/kv/a HTTP/1.1\r\nHost: x\r\nX: {new string('x', 40_000)}\r\n\r\n"));
    }

    [Fact]
    public async Task One_byte_at_a_time_is_still_a_request()
    {
        await using var node = await TestNode.LeaderAsync();
        using var client = await ConnectAsync(node);
        foreach (var octet in "PUT /v1/kv/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray())
        {
            await client.SendAsync(new[] { octet });
        }

        await using var stream = new NetworkStream(client);
        Assert.StartsWith("HTTP/1.1 201 ", await ReadAsync(stream));
    }

    private static async Task<string> SendAsync(TestNode node, string request)
    {
        using var client = await ConnectAsync(node);
        await using var stream = new NetworkStream(client);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        return await ReadAsync(stream);
    }

    private static async Task<Socket> ConnectAsync(TestNode node)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(node.Self.Url.Host, node.Self.Url.Port);
        return client;
    }

    private static async Task<int> ReadOrResetAsync(NetworkStream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>One answer: its head, and as much body as it says.</summary>
    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        var answer = new StringBuilder();
        var octet = new byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            Assert.Equal(1, await stream.ReadAsync(octet));
            answer.Append((char)octet[0]);
        }

        var length = answer.ToString().Split("\r\n")
            .Where(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal))
            .Select(line => int.Parse(line.AsSpan("Content-Length: ".Length), System.Globalization.CultureInfo.InvariantCulture))
            .Single();
        var body = new byte[length];
        await stream.ReadExactlyAsync(body);
        return answer.Append(Encoding.UTF8.GetString(body)).ToString();
    }
}
