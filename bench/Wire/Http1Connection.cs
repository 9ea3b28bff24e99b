using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using RaftCluster.Bench.Load;

namespace RaftCluster.Bench.Wire;

/// <summary>
/// The least of HTTP/1.1 that a benchmark needs: one request at a time on a kept-alive connection, answers with a
/// length or in chunks, nothing kept of them but their status and size.
/// </summary>
internal sealed class Http1Connection : IConnection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Socket _socket;
    private readonly Http1Request _usual;
    private readonly Http1Request _tenth;
    private Http1Request _last;
    private int _sent;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Connects.</summary>
    /// <param name="node">The server.</param>
    /// <param name="usual">What is sent.</param>
    /// <param name="tenth">What is sent instead each tenth time; null for the same.</param>
    public Http1Connection(IPEndPoint node, Http1Request usual, Http1Request? tenth = null)
    {
        _usual = _last = usual;
        _tenth = tenth ?? usual;
        _socket = Connect(node);
    }

    /// <inheritdoc/>
    public int Slots => 1;

    /// <summary>Opens a socket as every connection here wants it.</summary>
    public static Socket Connect(IPEndPoint node)
    {
        var socket = new Socket(node.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
            SendTimeout = (int)Patience.TotalMilliseconds,
        };
        try
        {
            socket.Connect(node);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Send(int slot, int row)
    {
        _last = ++_sent % 10 == 0 ? _tenth : _usual;
        var rest = _last.Bytes.For(row);
        while (!rest.IsEmpty)
        {
            rest = rest[_socket.Send(rest)..];
        }
    }

    /// <summary>Sends a request and waits for its answer, which must have a length and fit the buffer.</summary>
    /// <param name="request">All of it.</param>
    /// <param name="body">The answer's body; valid until the next call.</param>
    /// <returns>The answer's status.</returns>
    public int Exchange(ReadOnlySpan<byte> request, out ReadOnlySpan<byte> body)
    {
        while (!request.IsEmpty)
        {
            request = request[_socket.Send(request)..];
        }

        var head = Head();
        var status = Status(head);
        if (!Utf8Parser.TryParse(Field(head, "content-length:"u8), out int length, out _))
        {
            throw new IOException("an answer has no length");
        }

        _start += head.Length;
        while (_end - _start < length)
        {
            Fill();
        }

        body = _buffer.AsSpan(_start, length);
        _start += length;
        return status;
    }

    /// <inheritdoc/>
    public Answer Receive()
    {
        var head = Head();
        var status = Status(head);
        long body;
        if (Field(head, "content-length:"u8) is { Length: > 0 } length)
        {
            if (!Utf8Parser.TryParse(length, out body, out _))
            {
                throw new IOException("a Content-Length is no number");
            }

            _start += head.Length;
            Skip(body);
        }
        else if (Field(head, "transfer-encoding:"u8).StartsWith("chunked"u8))
        {
            _start += head.Length;
            body = SkipChunks();
        }
        else
        {
            throw new IOException("an answer has neither a length nor chunks");
        }

        return new Answer(0, _last.Accepts(status, body), status);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static int Status(ReadOnlySpan<byte> head) =>
        head.StartsWith("HTTP/1.1 "u8) && Utf8Parser.TryParse(head[9..], out int status, out _)
            ? status
            : throw new IOException("an answer is not HTTP/1.1");

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        while (head.IndexOf((byte)'\n') is var newline and >= 0)
        {
            head = head[(newline + 1)..];
            if (head.Length > name.Length && System.Text.Ascii.EqualsIgnoreCase(head[..name.Length], name))
            {
                var value = head[name.Length..];
                return value[..value.IndexOf((byte)'\r')].TrimStart((byte)' ');
            }
        }

        return default;
    }

    /// <summary>The answer's head with its empty line; stays in the buffer.</summary>
    private ReadOnlySpan<byte> Head()
    {
        while (true)
        {
            var arrived = _buffer.AsSpan(_start, _end - _start);
            if (arrived.IndexOf("\r\n\r\n"u8) is var length and >= 0)
            {
                return arrived[..(length + 4)];
            }

            Fill();
        }
    }

    private long SkipChunks()
    {
        long total = 0;
        while (true)
        {
            int newline;
            while ((newline = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            {
                Fill();
            }

            if (!Utf8Parser.TryParse(_buffer.AsSpan(_start, newline), out long size, out _, 'x'))
            {
                throw new IOException("a chunk's size is no number");
            }

            _start += newline + 2;
            Skip(size + 2);
            if (size == 0)
            {
                return total;
            }

            total += size;
        }
    }

    private void Skip(long count)
    {
        while (_end - _start < count)
        {
            count -= _end - _start;
            _start = _end;
            Fill();
        }

        _start += (int)count;
    }

    private void Fill()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        var count = _end < _buffer.Length ? _socket.Receive(_buffer.AsSpan(_end)) : throw new IOException("an answer's head is too long");
        _end += count > 0 ? count : throw new IOException("the server closed the connection");
    }
}

/// <summary>A request.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="Accepts">Whether an answer of a status and a body length is the right one.</param>
internal sealed record Http1Request(Template Bytes, Func<int, long, bool> Accepts);
