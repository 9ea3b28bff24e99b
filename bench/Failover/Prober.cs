using System.Collections.Concurrent;
using System.Diagnostics;
using RaftCluster.Bench.Servers;

namespace RaftCluster.Bench.Failover;

/// <summary>
/// Sends a write through one node every few milliseconds, whether or not earlier ones were answered, and notes when each
/// was acknowledged: one that hangs does not hide that later ones are served.
/// </summary>
internal sealed class Prober : IAsyncDisposable
{
    private const int MostUnderWay = 2_000;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<(long Sent, long Acknowledged)> _acknowledged = new();
    private readonly IFailoverServers _servers;
    private readonly int _asked;
    private readonly Task _sending;
    private int _underWay;
    private int _failed;

    /// <param name="servers">Who is asked.</param>
    /// <param name="asked">Through which node.</param>
    /// <param name="every">How often.</param>
    public Prober(IFailoverServers servers, int asked, TimeSpan every)
    {
        (_servers, _asked) = (servers, asked);
        _sending = SendAsync(every);
    }

    /// <summary>How many were refused, or not answered.</summary>
    public int Failed => Volatile.Read(ref _failed);

    /// <summary>Whether a write that was sent after a moment is acknowledged.</summary>
    public bool HasServedSince(long moment) => _acknowledged.Any(write => write.Sent > moment);

    /// <summary>When the first acknowledgement came, as a <see cref="Stopwatch.GetTimestamp"/>; null while there is none.</summary>
    public long? FirstAcknowledgement => _acknowledged.IsEmpty ? null : _acknowledged.Min(write => write.Acknowledged);

    /// <summary>The longest time without an acknowledgement, of those that ended after a moment.</summary>
    public TimeSpan LongestGapSince(long moment)
    {
        var longest = 0L;
        var last = moment;
        foreach (var at in _acknowledged.Select(write => write.Acknowledged).Order())
        {
            if (at > moment)
            {
                longest = Math.Max(longest, at - last);
            }

            last = at;
        }

        return Stopwatch.GetElapsedTime(0, longest);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _sending;
        _http.Dispose();
        _end.Dispose();
    }

    private async Task SendAsync(TimeSpan every)
    {
        using var beat = new PeriodicTimer(every);
        try
        {
            for (var key = 0; await beat.WaitForNextTickAsync(_end.Token); key++)
            {
                if (Volatile.Read(ref _underWay) < MostUnderWay)
                {
                    _ = WriteAsync(key % 1_000);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Enough was seen.
        }
    }

    private async Task WriteAsync(int key)
    {
        Interlocked.Increment(ref _underWay);
        var sent = Stopwatch.GetTimestamp();
        try
        {
            using var request = _servers.Write(_asked, key);
            using var answer = await _http.SendAsync(request, _end.Token);
            if (answer.IsSuccessStatusCode)
            {
                _acknowledged.Enqueue((sent, Stopwatch.GetTimestamp()));
            }
            else
            {
                Interlocked.Increment(ref _failed);
            }
        }
        catch (Exception lost) when (lost is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _failed);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
