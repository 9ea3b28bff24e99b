using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Changes;

/// <summary>What the readers of the change feed may take of a node.</summary>
internal sealed record FeedLimits
{
    /// <summary>How many there may be at a time.</summary>
    public required int Readers { get; init; }

    /// <summary>The bytes of recent events that are kept in memory for all of them.</summary>
    public required long RecentBytes { get; init; }

    /// <summary>How often each is told how far the feed has come.</summary>
    public required TimeSpan ProgressInterval { get; init; }

    /// <summary>How long a reader's connection may take nothing before it is closed.</summary>
    public required TimeSpan Stall { get; init; }

    /// <summary>Those that a node was started with.</summary>
    public static FeedLimits Of(NodeOptions options) => new()
    {
        Readers = options.FeedReaders,
        RecentBytes = options.FeedBuffer,
        ProgressInterval = options.FeedProgress,
        Stall = options.FeedStall,
    };
}
