using System.Net;
using System.Net.Sockets;
using System.Text;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

/// <summary>What only real connections show: what the HTTP library does by itself when one dies.</summary>
public sealed class SocketTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    public async Task A_write_without_a_key_on_a_kept_connection_that_dies_reaches_the_node_once(string method)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var requests = new List<string>();
        var serving = ServeAsync(listener, requests);
        using var client = new RaftClusterClient(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));

        var withoutKey = new WriteOptions { Idempotency = Idempotency.None };

        // The first answer makes the connection a kept one, on which the library repeats what it holds to be safe.
        Assert.Null((await client.GetAsync("first", cancellation: Cancellation)).Row);
        _ = await Assert.ThrowsAsync<OutcomeUnknownException>(() => method == "PUT"
            ? client.PutAsync("a", ReadOnlyMemory<byte>.Empty, withoutKey, Cancellation)
            : client.DeleteAsync("a", withoutKey, Cancellation));

        listener.Stop();
        await serving;
        _ = Assert.Single(requests, request => request.StartsWith(method, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_to_a_port_where_nobody_listens_is_certainly_not_applied()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var client = new RaftClusterClient(new RaftClusterOptions
        {
            Endpoints = [new Uri($"http://127.0.0.1:{port}")],
            Time = new VirtualTime(),
        });

        var unavailable = await Assert.ThrowsAsync<ClusterUnavailableException>(
            () => client.PutAsync("a", "v"u8.ToArray(), cancellation: Cancellation));

        Assert.Equal(Outcome.NotApplied, unavailable.Outcome);
        Assert.Contains("refused", unavailable.Message, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Answers reads with 404; takes a write and closes the connection without an answer.</summary>
    private static async Task ServeAsync(TcpListener listener, List<string> requests)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptTcpClientAsync(Cancellation);
                await AnswerAsync(connection.GetStream(), requests);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private static async Task AnswerAsync(NetworkStream stream, List<string> requests)
    {
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, Cancellation) is var read and > 0)
        {
            var request = Encoding.ASCII.GetString(buffer, 0, read);
            requests.Add(request);
            if (!request.StartsWith("GET", StringComparison.Ordinal))
            {
                return;
            }

            await stream.WriteAsync("HTTP/1.1 404 Not Found\r\nRaft-Node: n1\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Cancellation);
        }
    }
}
