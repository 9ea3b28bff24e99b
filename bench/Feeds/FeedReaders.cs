using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Feeds;

/// <summary>
/// Readers of one node's change feed: so many that follow a prefix of ten rows each, and some that follow everything. They
/// count what they get and look no closer, since they share the processors with what is measured.
/// </summary>
internal sealed class FeedReaders : IDisposable
{
    /// <summary>Every prefix stands for ten rows.</summary>
    public const int RowsOfPrefix = 10;

    private readonly List<Reader> _prefixes = [];
    private readonly List<Reader> _all = [];
    private readonly CancellationTokenSource _end = new();

    /// <summary>How many events they got, all together.</summary>
    public long Events => _prefixes.Concat(_all).Sum(reader => reader.Events);

    /// <summary>How long after a leader took a write up its event was read: by one that follows everything.</summary>
    public Histogram Delays => _all.Count > 0 ? _all[0].Delays! : new Histogram();

    /// <summary>Connects them, and waits until each has heard from the node.</summary>
    public static async Task<FeedReaders> OpenAsync(IPEndPoint node, Rows rows, int prefixes, int all, CancellationToken stop)
    {
        var readers = new FeedReaders();
        var count = rows.Count / RowsOfPrefix;
        for (var reader = 0; reader < prefixes; reader++)
        {
            var prefix = Encoding.ASCII.GetString(rows.Key(reader % count * RowsOfPrefix).AsSpan()[..^1]);
            readers._prefixes.Add(new Reader(node, $"?prefix={prefix}", timed: false));
        }

        for (var reader = 0; reader < all; reader++)
        {
            readers._all.Add(new Reader(node, "", timed: reader == 0));
        }

        foreach (var reader in readers._prefixes.Concat(readers._all))
        {
            reader.Start(readers._end.Token);
        }

        foreach (var reader in readers._prefixes.Concat(readers._all))
        {
            await reader.HasBegun.WaitAsync(stop);
        }

        return readers;
    }

    /// <summary>Waits until those that follow everything have got so many events.</summary>
    /// <exception cref="IOException">They get others, or none for a long time.</exception>
    public async Task HaveAsync(long events, CancellationToken stop)
    {
        var begun = Stopwatch.GetTimestamp();
        while (_all.Exists(reader => reader.Events < events))
        {
            if (Stopwatch.GetElapsedTime(begun).TotalSeconds > 30)
            {
                throw new IOException($"a reader that follows everything has {_all.Min(reader => reader.Events)} of {events} events");
            }

            await Task.Delay(20, stop);
        }

        if (_all.Exists(reader => reader.Events != events))
        {
            throw new IOException($"a reader that follows everything has {_all.Max(reader => reader.Events)} events where there were {events}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        foreach (var reader in _prefixes.Concat(_all))
        {
            reader.Dispose();
        }

        _end.Dispose();
    }

    /// <summary>One connection. HTTP/1.0, so that nothing stands between the lines.</summary>
    private sealed class Reader(IPEndPoint node, string query, bool timed) : IDisposable
    {
        private const int AtLength = 24;

        private readonly Socket _socket = Http1Connection.Connect(node);
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly byte[] _buffer = new byte[timed ? 256 << 10 : 4 << 10];
        private long _events;
        private bool _inHead = true;
        private bool _atLineStart;

        public Task HasBegun => _begun.Task;

        public long Events => Volatile.Read(ref _events);

        public Histogram? Delays { get; } = timed ? new Histogram() : null;

        public void Start(CancellationToken end) => _ = RunAsync(end);

        public void Dispose() => _socket.Dispose();

        private async Task RunAsync(CancellationToken end)
        {
            try
            {
                await _socket.SendAsync(
                    Encoding.ASCII.GetBytes($"GET /v1/changes{query} HTTP/1.0\r\nHost: {node}\r\nAccept: application/x-ndjson\r\n\r\n"), end);
                var kept = 0;
                while (true)
                {
                    var count = await _socket.ReceiveAsync(_buffer.AsMemory(kept), end);
                    if (count == 0)
                    {
                        throw new IOException("the feed ended");
                    }

                    kept = Take(_buffer.AsSpan(0, kept + count));
                }
            }
            catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // What is missing shows in the count.
                _begun.TrySetException(ended);
            }
        }

        /// <summary>Counts lines. Only their beginnings are looked at, and of one reader the time in them.</summary>
        /// <returns>How many bytes are kept for the next time: a line's beginning that is not whole.</returns>
        private int Take(Span<byte> bytes)
        {
            var at = 0;
            if (_inHead)
            {
                var end = bytes.IndexOf("\r\n\r\n"u8);
                if (end < 0)
                {
                    return bytes.Length;
                }

                at = end + 4;
                (_inHead, _atLineStart) = (false, true);
            }

            while (at < bytes.Length)
            {
                var line = bytes[at..];
                var end = line.IndexOf((byte)'\n');
                var needed = timed && end < 0 ? int.MaxValue : 3;
                if (_atLineStart && line.Length < needed && !(end >= 0 && line.Length >= 3))
                {
                    line.CopyTo(bytes);
                    return line.Length;
                }

                if (_atLineStart)
                {
                    Begin(line);
                    _atLineStart = false;
                }

                if (end < 0)
                {
                    break;
                }

                at += end + 1;
                _atLineStart = true;
            }

            return 0;
        }

        private void Begin(ReadOnlySpan<byte> line)
        {
            _begun.TrySetResult();
            if (line[2] != (byte)'r')
            {
                return;
            }

            Volatile.Write(ref _events, _events + 1);
            if (Delays is not null && line.IndexOf("\"at\":\""u8) is > 0 and var at && line.Length >= at + 6 + AtLength)
            {
                var text = Encoding.ASCII.GetString(line.Slice(at + 6, AtLength));
                var sent = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
                Delays.Record(Math.Max(0, (long)(DateTimeOffset.UtcNow - sent).TotalNanoseconds));
            }
        }
    }
}
