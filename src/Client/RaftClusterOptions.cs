using System.Collections.Immutable;

namespace RaftCluster.Client;

/// <summary>How a <see cref="RaftClusterClient"/> finds its cluster and how patient it is.</summary>
public sealed record RaftClusterOptions
{
    /// <summary>The base URLs of one or more nodes. Any node serves any request.</summary>
    public required ImmutableArray<Uri> Endpoints { get; init; }

    /// <summary>How long a call may take with all its retries. Default: 10 seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long making one connection may take. Default: 2 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How fresh reads are unless the call says otherwise.</summary>
    public Consistency Consistency { get; init; } = Consistency.Linearizable;

    /// <summary>
    /// Sends writes and linearizable reads to the leader at the address it tells of itself, which saves a hop.
    /// Turn off when nodes are only reachable at <see cref="Endpoints"/>.
    /// </summary>
    public bool FollowLeader { get; init; } = true;

    /// <summary>
    /// Gives every write an idempotency key of its own, so that it can be sent again when its outcome is unknown. Turn off to
    /// spare the cluster the keeping of answers; a call's own <see cref="WriteOptions.Idempotency"/> goes first.
    /// </summary>
    public bool Idempotent { get; init; } = true;

    /// <summary>
    /// Sends puts and deletes of kv rows that are called at the same time in one request: what is called while requests are under way
    /// goes together in the next one, without ever waiting for company. For many callers of small writes: they share what a request
    /// costs. Each has its own result, exception and idempotency key as ever. A write with a precondition, a fence, a lease, an
    /// idempotency key of the caller's or another durability than the usual one, or with a value of more than 16 KiB, goes alone.
    /// </summary>
    public bool GatherWrites { get; init; }

    /// <summary>Speaks HTTP/2 without negotiation (many calls over one connection) rather than HTTP/1.1.</summary>
    public bool Http2 { get; init; }

    /// <summary>The first pause between two attempts; each further one is twice as long, up to <see cref="LongestBackoff"/>.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>The longest pause between two attempts.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Spreads retries, so that clients that failed together don't return together.</summary>
    public Random Jitter { get; init; } = Random.Shared;

    /// <summary>Carries the requests; null for one <see cref="SocketsHttpHandler"/> of the client's own.</summary>
    public HttpMessageHandler? Handler { get; init; }
}
