using System.Collections.Immutable;
using System.Net;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.Node.Space;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus;

/// <summary>What agreement needs to know. Times are bounds of this node; every node should have the same.</summary>
public sealed record ConsensusOptions
{
    /// <summary>This node.</summary>
    public required Member Self { get; init; }

    /// <summary>The members in which the cluster began. Who they are since is in the log, and in the data folder.</summary>
    public required ImmutableArray<Member> Members { get; init; }

    /// <summary>The cluster's id: a node of another cluster is refused by name.</summary>
    public required ulong ClusterId { get; init; }

    /// <summary>Where this node reaches another one: at its address, unless something stands in between.</summary>
    internal Func<Member, IPEndPoint> Route { get; init; } = static member => member.Peer;

    /// <summary>
    /// How long a follower waits for a leader's sign of life before it stands for election, or agrees that another one
    /// does. Shorter: a shorter gap after a machine is lost. Longer: fewer elections on a slow machine.
    /// </summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often an idle leader gives a sign of life: well below <see cref="ElectionTimeout"/>.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many entries a member may lack and still count as caught up: for a vote, and for a quorum.</summary>
    public long CaughtUpWithin { get; init; } = 1000;

    /// <summary>How long a learner must have been caught up before it is given a vote by itself.</summary>
    public TimeSpan PromotionAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The newest entries that this node can apply, as it tells the others: an <see cref="EntryCodec.Format"/>. None newer is
    /// proposed until all members can apply it.
    /// </summary>
    public int StateVersion { get; init; } = EntryCodec.Format;

    /// <summary>What every node can apply, without having said so.</summary>
    public const int FirstVersion = 2;

    /// <summary>What counts as <see cref="FirstVersion"/>.</summary>
    internal int FirstStateVersion { get; init; } = FirstVersion;

    /// <summary>The protocols that this node speaks with the others; two nodes use the newest that both speak.</summary>
    internal ProtocolRange Protocols { get; init; } = ProtocolRange.Own;

    /// <summary>Who decides that this node stands for election.</summary>
    public FailoverMode Failover { get; init; }

    /// <summary>How far the clocks of two nodes may differ.</summary>
    public TimeSpan MaximumClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most bytes of proposals that may wait for the log; more are refused as overloaded.</summary>
    public int MaximumPendingBytes { get; init; } = 64 << 20;

    /// <summary>The most bytes of transactions in one log entry (a single larger transaction gets an entry of its own).</summary>
    public int MaximumBatchBytes { get; init; } = 1 << 20;

    /// <summary>The most entries on their way at once; what comes meanwhile shares the next one.</summary>
    public int MaximumBatchesUnderWay { get; init; } = 2;

    /// <summary>The most bytes of entries in one request to a follower; each request has its own time limit.</summary>
    public int MaximumChunkBytes { get; init; } = 1 << 20;

    /// <summary>By how many bytes the log may grow before a snapshot is taken and the log is cut behind it.</summary>
    public long SnapshotBytes { get; init; } = 128 << 20;

    /// <summary>How large the log's files are: small enough that cutting whole ones follows <see cref="SnapshotBytes"/>.</summary>
    public int SegmentBytes => (int)Math.Clamp(SnapshotBytes / 4, 1 << 20, 64 << 20);

    /// <summary>How long after a snapshot the next one is taken, when anything was applied since.</summary>
    public TimeSpan SnapshotInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How much of the log stays behind a snapshot, in bytes: a follower that lacks no more catches up from the log.</summary>
    public long KeptLogBytes { get; init; } = 64 << 20;

    /// <summary>The room on this node's disk, which leaders are told; null when that is not watched.</summary>
    public Func<Room>? Room { get; init; }

    /// <summary>Whether this node's disk is low: its log is cut sooner then.</summary>
    public bool IsLow => Room is { } room && room().IsLow;

    /// <summary>The most bytes of snapshots that this node sends in a second, to all others together.</summary>
    public int SnapshotBytesPerSecond { get; init; } = 32 << 20;

    /// <summary>What this node counts of agreement as it goes.</summary>
    public ConsensusMeasures Measures { get; init; } = new();
}
