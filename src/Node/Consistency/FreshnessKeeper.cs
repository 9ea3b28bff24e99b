namespace RaftCluster.Node.Consistency;

/// <summary>
/// Asks for a proof of leadership when no read has lately, so that an idle node knows how fresh it is and a bounded
/// read is usually served at once.
/// </summary>
public sealed class FreshnessKeeper : IAsyncDisposable
{
    /// <summary>How old the newest proof may become before a new one is asked for.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    /// <summary>Starts.</summary>
    public FreshnessKeeper(ReadGate gate, Freshness freshness, TimeProvider time) =>
        _run = RunAsync(gate, freshness, time, _stop.Token);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private static async Task RunAsync(ReadGate gate, Freshness freshness, TimeProvider time, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                if (freshness.Staleness is { } staleness && staleness < Interval)
                {
                    continue;
                }

                using var limit = new CancellationTokenSource(_patience, time);
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
                // A proof that does not come is no event: the staleness grows, and that is what readers are told.
                await gate.ConfirmAsync(patience.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The node stops.
        }
    }
}
