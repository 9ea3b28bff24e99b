namespace RaftCluster.Node.Consensus.Log;

/// <summary>How a <see cref="SegmentedLog"/> uses disk and memory.</summary>
public sealed record SegmentedLogOptions
{
    /// <summary>The least size of a segment.</summary>
    public const int MinimumSegmentBytes = 8192;

    /// <summary>The size of a segment file, all of it taken from the disk when it is made: 8 KiB to 1 GiB. Default 64 MiB.</summary>
    public int SegmentBytes { get; init; } = 64 << 20;

    /// <summary>How many bytes of recent entries stay in memory for followers and apply. Entries that are not synced stay in any case. Default 64 MiB.</summary>
    public long MemoryBytes { get; init; } = 64L << 20;

    /// <summary>
    /// After this much idleness the log notes that its last sync succeeded, so that damage to the last entries can be
    /// told from a torn write. Default 5 ms; <see cref="Timeout.InfiniteTimeSpan"/> for never before a clean stop.
    /// </summary>
    public TimeSpan MarkAfter { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether the next segment is made ready in the background while this one fills. Default true.</summary>
    public bool PrepareAhead { get; init; } = true;

    /// <summary>Told how long each sync of records took, and how many bytes were written since the one before; null for nobody.</summary>
    public Action<TimeSpan, long>? Synced { get; init; }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, MinimumSegmentBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentBytes, 1 << 30);
        ArgumentOutOfRangeException.ThrowIfNegative(MemoryBytes);
    }
}
