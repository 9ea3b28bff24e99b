using System.Collections.Immutable;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Diagnosis;

namespace RaftCluster.Node.Consensus;

/// <summary>What a node is in the current term.</summary>
public enum Role : byte
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower = 0,

    /// <summary>Stands for election.</summary>
    Candidate = 1,

    /// <summary>Leads.</summary>
    Leader = 2,

    /// <summary>Has a copy and no vote.</summary>
    Learner = 3,
}

/// <summary>A node of the cluster, as configured.</summary>
/// <param name="Id">Its name: 1 to 64 letters, digits, <c>-</c>, <c>_</c> or <c>.</c>.</param>
/// <param name="Url">The base URL of its HTTP API, without a slash at the end.</param>
/// <param name="Peer">The host and port on which it speaks to the other nodes.</param>
public sealed record Member(string Id, Uri Url, System.Net.IPEndPoint Peer);

/// <summary>What this node knows of a member.</summary>
/// <param name="Configured">The member, and what it counts for.</param>
/// <param name="MatchIndex">The last index known to be on its disk; null when this node can't know (it does not lead).</param>
/// <param name="LastContact">Time since it last answered this node (or, on a follower, since the leader last spoke); null for never.</param>
/// <param name="Snapshot">How far a snapshot has come that is being sent to it, or is being received when it is this node; null for none.</param>
public sealed record MemberStatus(
    ConfiguredMember Configured, long? MatchIndex, TimeSpan? LastContact, SnapshotProgress? Snapshot = null)
{
    /// <summary>Its name and addresses.</summary>
    public Member Member => Configured.Member;

    /// <summary>The room on its disk as it said last; null when this node can't know (it does not lead).</summary>
    public PeerRoom? Room { get; init; }

    /// <summary>The newest entries that it can apply, as it said last; null while it has said nothing.</summary>
    public int? StateVersion { get; init; }

    /// <summary>How long it lately took to answer signs of life; null for this node itself.</summary>
    public LatencyWindow? RoundTrips { get; init; }
}

/// <summary>The room on another node's disk, as it says with each answer to its leader.</summary>
/// <param name="Free">Its free bytes.</param>
/// <param name="IsLow">Whether that is less than its reserve.</param>
public sealed record PeerRoom(long Free, bool IsLow);

/// <summary>Who leads, as this node sees it: what every answer carries.</summary>
/// <param name="Role">What this node is now.</param>
/// <param name="Leader">Who leads, as far as it knows.</param>
/// <param name="Term">Its current term.</param>
/// <param name="IsRebuilding">Whether its disk lost what it had, and it has not caught up yet: it can answer no read by itself.</param>
public sealed record Standing(Role Role, Member? Leader, long Term, bool IsRebuilding = false);

/// <summary>This node's view of the cluster.</summary>
/// <param name="Self">This node.</param>
/// <param name="Role">What it is now.</param>
/// <param name="Leader">Who leads, as far as it knows.</param>
/// <param name="Term">Its current term.</param>
/// <param name="LastIndex">The last index of its log.</param>
/// <param name="CommitIndex">The last index known to be committed.</param>
/// <param name="AppliedIndex">The last index applied: at most <paramref name="CommitIndex"/>.</param>
/// <param name="Members">All members, this node among them.</param>
public sealed record ConsensusStatus(
    Member Self,
    Role Role,
    Member? Leader,
    long Term,
    long LastIndex,
    long CommitIndex,
    long AppliedIndex,
    ImmutableArray<MemberStatus> Members)
{
    /// <summary>The index of the entry by which the members are what they are; 0 while they are those the cluster began with.</summary>
    public long Configuration { get; init; }

    /// <summary>That entry's term.</summary>
    public long ConfigurationTerm { get; init; }

    /// <summary>Whether that entry is committed.</summary>
    public bool IsConfigurationCommitted { get; init; } = true;

    /// <summary>The first index of its log: what is before it is in its rows alone.</summary>
    public long FirstIndex { get; init; } = 1;

    /// <summary>Up to which version entries are proposed.</summary>
    public int StateVersion { get; init; }

    /// <summary>Up to which version this node can apply entries.</summary>
    public int OwnStateVersion { get; init; }

    /// <summary>Who decides that it stands for election.</summary>
    public FailoverMode Failover { get; init; }

    /// <summary>Whether it leaves leading to the others, for maintenance.</summary>
    public bool IsDrained { get; init; }

    /// <summary>Why it is being rebuilt from the other nodes; null when it is not.</summary>
    public string? RebuildReason { get; init; }
}
