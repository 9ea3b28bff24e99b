using System.Collections.Concurrent;

namespace RaftCluster.Node.Http;

/// <summary>
/// How long a request may still wait. Its token source is lent from a pool: a new one with a timer for each request
/// is the largest single allocation of a small read.
/// </summary>
internal readonly struct Patience : IDisposable
{
    private const int Kept = 1024;

    private static readonly ConcurrentQueue<CancellationTokenSource> _pool = new();

    private readonly CancellationTokenSource _source;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private readonly TimeSpan _wait;

    private Patience(CancellationTokenSource source, TimeProvider time, TimeSpan wait) =>
        (_source, _time, _begun, _wait) = (source, time, time.GetTimestamp(), wait);

    /// <summary>Starts to wait.</summary>
    public static Patience Start(TimeSpan wait, TimeProvider time)
    {
        if (!ReferenceEquals(time, TimeProvider.System))
        {
            return new Patience(new CancellationTokenSource(wait, time), time, wait);
        }

        if (!_pool.TryDequeue(out var source))
        {
            source = new CancellationTokenSource();
        }

        source.CancelAfter(wait);
        return new Patience(source, time, wait);
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the time is over.</summary>
    public bool IsOver => _source.IsCancellationRequested;

    /// <summary>What is left of the time; never negative.</summary>
    public TimeSpan Left => _wait - _time.GetElapsedTime(_begun) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <inheritdoc/>
    public void Dispose()
    {
        // Only a source whose timer is certainly stopped goes back: another's time must not run out by our clock.
        if (ReferenceEquals(_time, TimeProvider.System) && _pool.Count < Kept && _source.TryReset())
        {
            _pool.Enqueue(_source);
        }
        else
        {
            _source.Dispose();
        }
    }
}
