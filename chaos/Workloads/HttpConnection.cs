using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RaftCluster.Chaos.Workloads;

/// <summary>
/// HTTP/1.1 on a socket, one request at a time. Nothing is retried, followed or remembered, and it is known whether
/// anything was sent: a client library's kindness could hide the very fault that is looked for.
/// </summary>
/// <param name="url">Where to.</param>
/// <param name="patience">How long an answer may take; null for <see cref="Hang"/>.</param>
internal sealed class HttpConnection(Uri url, TimeSpan? patience = null) : IDisposable
{
    /// <summary>Far above any wait that is asked for: who reaches it has hung.</summary>
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _patience = patience ?? Hang;

    private const int MostHeaderBytes = 64 << 10;

    private readonly byte[] _buffer = new byte[MostHeaderBytes];
    private Socket? _socket;
    private int _from;
    private int _to;

    /// <summary>Sends a request and reads the answer. After any exception the next request has a new connection.</summary>
    /// <param name="method">The method.</param>
    /// <param name="target">The target, encoded.</param>
    /// <param name="body">The body, as text; null for none.</param>
    /// <param name="headers">Further headers.</param>
    /// <exception cref="NotSentException">No connection came about.</exception>
    /// <exception cref="IOException">The connection broke, or what came is no answer: what became of the request is unknown.</exception>
    /// <exception cref="TimeoutException">No answer came: likewise.</exception>
    public async Task<HttpAnswer> SendAsync(string method, string target, string? body, params (string Name, string Value)[] headers)
    {
        using var patience = new CancellationTokenSource(_patience);
        try
        {
            await ConnectAsync(patience.Token);
            await SendAsync(Request(method, target, body, headers), patience.Token);
            var answer = await ReadAsync(patience.Token);
            if (answer.Headers.GetValueOrDefault("Connection") == "close")
            {
                Drop();
            }

            return answer;
        }
        catch (OperationCanceledException)
        {
            Drop();
            throw new TimeoutException($"no answer within {_patience.TotalSeconds} s");
        }
        catch (SocketException broken)
        {
            Drop();
            throw new IOException(broken.Message, broken);
        }
        catch (Exception failed) when (failed is IOException or FormatException or NotSentException)
        {
            Drop();
            throw failed is FormatException ? new IOException($"no HTTP answer: {failed.Message}", failed) : failed;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Drop();

    private byte[] Request(string method, string target, string? body, (string Name, string Value)[] headers)
    {
        var content = Encoding.UTF8.GetBytes(body ?? "");
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: {url.Authority}\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (body is not null)
        {
            if (!Array.Exists(headers, header => header.Name == "Content-Type"))
            {
                head.Append("Content-Type: text/plain; charset=utf-8\r\n");
            }

            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {content.Length}\r\n");
        }

        return [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. content];
    }

    private async Task ConnectAsync(CancellationToken patience)
    {
        if (_socket is not null)
        {
            return;
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(url.Host), url.Port, patience);
        }
        catch (SocketException unreached)
        {
            socket.Dispose();
            throw new NotSentException(unreached);
        }

        (_socket, _from, _to) = (socket, 0, 0);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken patience)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket!.SendAsync(bytes, patience)..];
        }
    }

    private async Task<HttpAnswer> ReadAsync(CancellationToken patience)
    {
        var status = await LineAsync(patience);
        if (!status.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
        {
            throw new FormatException(status);
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(patience) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var number = int.Parse(status.AsSpan(9, 3), CultureInfo.InvariantCulture);
        return new HttpAnswer(number, headers, await BodyAsync(headers, patience));
    }

    private async Task<byte[]> BodyAsync(Dictionary<string, string> headers, CancellationToken patience)
    {
        if (headers.TryGetValue("Content-Length", out var length))
        {
            return await ExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture), patience);
        }

        if (headers.GetValueOrDefault("Transfer-Encoding") != "chunked")
        {
            return [];
        }

        using var body = new MemoryStream();
        while (int.Parse(await LineAsync(patience), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) is var size and > 0)
        {
            body.Write(await ExactlyAsync(size, patience));
            await LineAsync(patience);
        }

        await LineAsync(patience);
        return body.ToArray();
    }

    private async Task<string> LineAsync(CancellationToken patience)
    {
        while (true)
        {
            var end = _buffer.AsSpan(_from, _to - _from).IndexOf("\r\n"u8);
            if (end >= 0)
            {
                var line = Encoding.ASCII.GetString(_buffer, _from, end);
                _from += end + 2;
                return line;
            }

            await FillAsync(patience);
        }
    }

    private async Task<byte[]> ExactlyAsync(int count, CancellationToken patience)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            if (_from == _to)
            {
                await FillAsync(patience);
            }

            var part = Math.Min(count - at, _to - _from);
            _buffer.AsSpan(_from, part).CopyTo(bytes.AsSpan(at));
            (at, _from) = (at + part, _from + part);
        }

        return bytes;
    }

    private async Task FillAsync(CancellationToken patience)
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        if (_to == _buffer.Length)
        {
            throw new FormatException("a line is too long");
        }

        var read = await _socket!.ReceiveAsync(_buffer.AsMemory(_to), patience);
        if (read == 0)
        {
            throw new IOException("the connection was closed");
        }

        _to += read;
    }

    private void Drop()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
