namespace RaftCluster.Node.Retention;

/// <summary>How much history is kept: a revision stays readable while both bounds allow it.</summary>
/// <param name="Age">How long a revision stays readable after the next one; null for ever.</param>
/// <param name="Revisions">How many revisions stay readable behind the newest; null for all.</param>
public sealed record RetentionPolicy(TimeSpan? Age, long? Revisions)
{
    /// <summary>
    /// The oldest revision to keep. One that was the newest at the bound of age stays: a reader of that moment gets what
    /// stood then.
    /// </summary>
    /// <param name="oldest">The oldest revision that can be read now.</param>
    /// <param name="newest">The newest.</param>
    /// <param name="timeOf">When a revision from <paramref name="oldest"/> to <paramref name="newest"/> was made; never falls.</param>
    /// <param name="now">The leader's time.</param>
    public long FloorOf(long oldest, long newest, Func<long, DateTimeOffset> timeOf, DateTimeOffset now)
    {
        var floor = Revisions is { } kept ? Math.Max(oldest, newest - kept) : oldest;
        return Age is { } age && floor < newest ? Math.Max(floor, NewestAt(floor, newest, timeOf, now - age)) : floor;
    }

    /// <summary>The last revision made at or before a moment, by halving; <paramref name="low"/> when there is none.</summary>
    private static long NewestAt(long low, long high, Func<long, DateTimeOffset> timeOf, DateTimeOffset moment)
    {
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            (low, high) = timeOf(middle) <= moment ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
