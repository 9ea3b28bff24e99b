using System.Net;
using System.Net.Sockets;
using System.Text;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Tests.Node.Budgets;

/// <summary>Readers of the change feed that follow everything and allocate nothing: a thread and a buffer each.</summary>
internal sealed class QuietReaders : IDisposable
{
    private readonly Socket[] _sockets;
    private readonly Thread[] _threads;
    private readonly long[] _events;
    private readonly SemaphoreSlim _arrived = new(0);

    public QuietReaders(IPEndPoint node, int count)
    {
        _sockets = [.. Enumerable.Range(0, count).Select(_ => Http1Connection.Connect(node))];
        _events = new long[count];
        _threads = [.. Enumerable.Range(0, count).Select(at => new Thread(() => Read(at), 256 << 10))];
        foreach (var socket in _sockets)
        {
            socket.Send(Encoding.ASCII.GetBytes($"GET /v1/changes HTTP/1.0\r\nHost: {node}\r\nAccept: application/x-ndjson\r\n\r\n"));
        }

        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>How many events the one that has the fewest has.</summary>
    public long Least
    {
        get
        {
            var least = long.MaxValue;
            for (var at = 0; at < _events.Length; at++)
            {
                least = Math.Min(least, Volatile.Read(ref _events[at]));
            }

            return least;
        }
    }

    /// <summary>Waits until each has heard from the node.</summary>
    public void AwaitFirst()
    {
        foreach (var _ in _sockets)
        {
            Assert.True(_arrived.Wait(TimeSpan.FromSeconds(30)), "a reader hears nothing");
        }
    }

    /// <summary>Waits until each has so many events.</summary>
    public void AwaitEvents(long count)
    {
        while (Least < count)
        {
            Assert.True(_arrived.Wait(TimeSpan.FromSeconds(30)), "a reader does not get its events");
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _arrived.Dispose();
    }

    private void Read(int at)
    {
        var buffer = new byte[64 << 10];
        var isInHead = true;
        var column = 0;
        try
        {
            for (int length; (length = _sockets[at].Receive(buffer)) > 0;)
            {
                if (isInHead)
                {
                    // The head comes in one piece, and is not followed by an event before one is written.
                    isInHead = false;
                }
                else
                {
                    Volatile.Write(ref _events[at], _events[at] + Events(buffer.AsSpan(0, length), ref column));
                }

                _arrived.Release();
            }
        }
        catch (SocketException)
        {
            // Disposed: the test has seen enough.
        }
    }

    /// <summary>Counts lines that begin with a revision, as events do; signs of progress begin with something else.</summary>
    private static int Events(ReadOnlySpan<byte> bytes, ref int column)
    {
        var events = 0;
        foreach (var letter in bytes)
        {
            events += column == 2 && letter == (byte)'r' ? 1 : 0;
            column = letter == (byte)'\n' ? 0 : column + 1;
        }

        return events;
    }
}
