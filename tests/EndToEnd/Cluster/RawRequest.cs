using System.Net.Sockets;
using System.Text;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>
/// A GET on a socket of its own, in two steps: what was sent is in the node's socket buffer for certain, even while the
/// node is paused, and is among the first things it sees when it goes on.
/// </summary>
internal sealed class RawRequest : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Sends a request without waiting for the answer.</summary>
    public static async Task<RawRequest> SendAsync(NodeProcess node, string target, params (string Name, string Value)[] headers)
    {
        var request = new RawRequest();
        var url = node.Settings.Http;
        var lines = string.Concat(headers.Select(header => $"{header.Name}: {header.Value}\r\n"));
        var bytes = Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\n{lines}\r\n");
        await request._socket.ConnectAsync(url.Host, url.Port, TestContext.Current.CancellationToken);
        await request._socket.SendAsync(bytes, TestContext.Current.CancellationToken);
        return request;
    }

    /// <summary>Waits for the answer.</summary>
    /// <returns>Its status, and its body with whatever frames it.</returns>
    public async Task<(int Status, string Body)> AnswerAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(NodeClient.Hang);
        using var stream = new NetworkStream(_socket);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(patience.Token);
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0 && answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), $"no HTTP answer: {answer}");
        return (int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), answer[(end + 4)..]);
    }

    public void Dispose() => _socket.Dispose();
}
