using System.Collections.Immutable;

namespace RaftCluster.Client;

/// <summary>How one read is to be answered.</summary>
public sealed record ReadOptions
{
    /// <summary>How fresh it must be; null for the client's <see cref="RaftClusterOptions.Consistency"/>.</summary>
    public Consistency? Consistency { get; init; }

    /// <summary>With <see cref="Client.Consistency.Bounded"/>: how far behind the leader the answer may be.</summary>
    public TimeSpan? MaxStaleness { get; init; }

    /// <summary>Reads the rows as they were at this revision; null for now.</summary>
    public long? Revision { get; init; }

    /// <summary>How long to try; null for the client's <see cref="RaftClusterOptions.Patience"/>.</summary>
    public TimeSpan? Patience { get; init; }

    internal static ReadOptions Default { get; } = new();
}

/// <summary>How one write is to be made.</summary>
public sealed record WriteOptions
{
    /// <summary>What must hold for the write to happen.</summary>
    public Precondition When { get; init; }

    /// <summary>When it counts as done.</summary>
    public Durability Durability { get; init; }

    /// <summary>The value's media type; null for none (the node then stores <c>application/octet-stream</c>).</summary>
    public string? ContentType { get; init; }

    /// <summary>The row goes away when this time is over; null for never. Excludes <see cref="Lease"/>; for a put alone.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>The row goes away with this lease; null for none. For a put alone.</summary>
    public long? Lease { get; init; }

    /// <summary>The write happens only while all these grants of locks are the current ones.</summary>
    public ImmutableArray<Fence> Fences { get; init; } = [];

    /// <summary>Under which key it is sent, so that it may be sent again.</summary>
    public Idempotency Idempotency { get; init; }

    /// <summary>How long to try; null for the client's <see cref="RaftClusterOptions.Patience"/>.</summary>
    public TimeSpan? Patience { get; init; }

    internal static WriteOptions Default { get; } = new();
}
