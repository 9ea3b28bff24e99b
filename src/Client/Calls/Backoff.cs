namespace RaftCluster.Client;

/// <summary>How long to pause before the next attempt.</summary>
internal static class Backoff
{
    /// <summary>Twice as long each time up to a bound, of which between half and all is taken.</summary>
    /// <param name="pauses">How many pauses went before.</param>
    /// <param name="first">The first pause.</param>
    /// <param name="longest">The bound.</param>
    /// <param name="spread">From 0 up to 1: where in its half the pause lies.</param>
    internal static TimeSpan Of(int pauses, TimeSpan first, TimeSpan longest, double spread)
    {
        // Thirty doublings are beyond any bound that a caller would set.
        var whole = Math.Min(first.TotalMilliseconds * (1L << Math.Min(pauses, 30)), longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(whole * (0.5 + (0.5 * spread)));
    }
}
