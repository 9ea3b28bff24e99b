namespace RaftCluster.StateMachine.Storage;

/// <summary>How much memory and how many threads a store may use.</summary>
public sealed record RowStoreOptions
{
    private const long Mebibyte = 1 << 20;

    /// <summary>The most bytes of row data kept in memory for reads; 256 MiB by default.</summary>
    public long BlockCacheBytes { get; init; } = 256 * Mebibyte;

    /// <summary>
    /// The bytes of changes gathered in memory before they are written out; 32 MiB by default. What was not written out when
    /// the process ended is applied from the log again: the more, the longer a start takes.
    /// </summary>
    public long WriteBufferBytes { get; init; } = 32 * Mebibyte;

    /// <summary>The most background threads that write out and compact; 2 by default.</summary>
    public int BackgroundJobs { get; init; } = 2;

    /// <summary>The most files held open; -1, the default, for all of them, which is fastest.</summary>
    public int MaximumOpenFiles { get; init; } = -1;
}
