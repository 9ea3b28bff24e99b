namespace RaftCluster.Node.Diagnosis;

/// <summary>How long something took lately: of the last thousand times the median, the 99th in a hundred, and the longest.</summary>
public sealed class LatencyWindow
{
    private const int Kept = 1024;

    private readonly Lock _gate = new();
    private readonly long[] _ticks = new long[Kept];
    private long _count;

    /// <summary>Notes one time.</summary>
    public void Add(TimeSpan took)
    {
        lock (_gate)
        {
            _ticks[_count++ % Kept] = took.Ticks;
        }
    }

    /// <summary>What the last times say; null when there were none.</summary>
    public Latency? Read()
    {
        long[] sorted;
        long count;
        lock (_gate)
        {
            count = _count;
            sorted = _ticks[..(int)Math.Min(count, Kept)];
        }

        if (count == 0)
        {
            return null;
        }

        Array.Sort(sorted);
        return new Latency(count, At(sorted, 50), At(sorted, 99), TimeSpan.FromTicks(sorted[^1]));
    }

    private static TimeSpan At(long[] sorted, int percent) => TimeSpan.FromTicks(sorted[(sorted.Length - 1) * percent / 100]);
}

/// <summary>How long something took lately.</summary>
/// <param name="Count">How often it was done, since the node's start.</param>
/// <param name="Median">Half of the last times took no longer.</param>
/// <param name="High">99 of 100 of the last times took no longer.</param>
/// <param name="Longest">The longest of the last times.</param>
public sealed record Latency(long Count, TimeSpan Median, TimeSpan High, TimeSpan Longest);
