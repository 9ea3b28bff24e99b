namespace RaftCluster.Node.Space;

/// <summary>What a node's data folder takes, in bytes, by what it is.</summary>
public sealed record DiskUsage
{
    /// <summary>Segments of the log, and the term and vote.</summary>
    public long Log { get; init; }

    /// <summary>The segment that is kept ready to become the next one.</summary>
    public long Spare { get; init; }

    /// <summary>The rows with their history.</summary>
    public long Rows { get; init; }

    /// <summary>
    /// Snapshots: one that is being received, and what copies that are being sent hold alone. What a copy shares with the
    /// rows, by hard links, counts there.
    /// </summary>
    public long Snapshots { get; init; }

    /// <summary>Logs that were set aside as damaged, for people.</summary>
    public long Aside { get; init; }

    /// <summary>The folder <c>backups</c>.</summary>
    public long Backups { get; init; }

    /// <summary>All else.</summary>
    public long Other { get; init; }
}

/// <summary>The room of a node's disk, and whether there is enough.</summary>
/// <param name="Total">The disk's size in bytes.</param>
/// <param name="Free">Its free bytes.</param>
/// <param name="Reserve">How many bytes of it are to stay free.</param>
/// <param name="Working">How many the store needs beside, to rewrite its files.</param>
/// <param name="IsLow">Whether there are fewer than both together, or were and have not become enough since.</param>
public sealed record Room(long Total, long Free, long Reserve, long Working, bool IsLow);
