namespace RaftCluster.Client;

/// <summary>One node's view of the cluster: <c>GET /v1/cluster</c>.</summary>
public sealed record ClusterStatus
{
    /// <summary>The cluster's id.</summary>
    public string? Id { get; init; }

    /// <summary>The history's epoch: a restored backup starts a new one. Null when the node did not say.</summary>
    public System.Text.Json.JsonElement? Epoch { get; init; }

    /// <summary>The node whose view this is.</summary>
    public required string Node { get; init; }

    /// <summary><c>leader</c>, <c>follower</c>, <c>candidate</c> or <c>learner</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Who leads, as far as this node knows.</summary>
    public LeaderInfo? Leader { get; init; }

    /// <summary>Its term.</summary>
    public long Term { get; init; }

    /// <summary>The last index of its log.</summary>
    public long LastIndex { get; init; }

    /// <summary>The last index it knows to be committed.</summary>
    public long CommitIndex { get; init; }

    /// <summary>The last index it applied.</summary>
    public long AppliedIndex { get; init; }

    /// <summary>Its revision.</summary>
    public long Revision { get; init; }

    /// <summary>The running hash over what it applied: equal on all nodes at equal revisions.</summary>
    public string? StateHash { get; init; }

    /// <summary>Why this node is being rebuilt from the others; null when it is not.</summary>
    public string? Rebuilding { get; init; }

    /// <summary>Whether this node leaves leading to the others, for maintenance.</summary>
    public bool Drained { get; init; }

    /// <summary>What its disk holds, and how much room is left; null when it does not say.</summary>
    public DiskInfo? Disk { get; init; }

    /// <summary>The backups that the node makes by itself; null when it makes none.</summary>
    public BackupStatus? Backup { get; init; }

    /// <summary>The version of the product that the node runs.</summary>
    public string? Version { get; init; }

    /// <summary>When its process started.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Its process id, on its own machine.</summary>
    public int? Pid { get; init; }

    /// <summary>Up to which version entries are proposed in the cluster: all members can apply them.</summary>
    public int? StateVersion { get; init; }

    /// <summary>Up to which version this node can apply entries.</summary>
    public int? OwnStateVersion { get; init; }

    /// <summary>All members.</summary>
    public IReadOnlyList<MemberInfo> Members { get; init; } = [];
}

/// <summary>How the backups are that a node makes by itself.</summary>
/// <param name="Folder">The folder, on the node's machine.</param>
/// <param name="File">The newest one; null for none yet.</param>
/// <param name="Kind"><c>full</c> or <c>increment</c>.</param>
/// <param name="At">When it was made.</param>
/// <param name="Revision">The revision that it reaches.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Next">When the next one is due.</param>
/// <param name="Error">Why the last try failed; null when it did not.</param>
public sealed record BackupStatus(
    string Folder, string? File, string? Kind, DateTimeOffset? At, long? Revision, long? Bytes, DateTimeOffset? Next, string? Error);

/// <summary>Who leads.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">The base URL of its HTTP API.</param>
public sealed record LeaderInfo(string Id, Uri? Url);

/// <summary>What a node knows of a member.</summary>
public sealed record MemberInfo
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary><c>voter</c> or <c>learner</c>.</summary>
    public string? Role { get; init; }

    /// <summary>The base URL of its HTTP API.</summary>
    public Uri? Url { get; init; }

    /// <summary>The address on which it speaks to the other nodes.</summary>
    public string? Peer { get; init; }

    /// <summary>The last index known to be on its disk; null when the asked node can't know.</summary>
    public long? MatchIndex { get; init; }

    /// <summary>How many entries it is behind; null when the asked node can't know.</summary>
    public long? Lag { get; init; }

    /// <summary>Milliseconds since it was last heard of.</summary>
    public double? LastContactMs { get; init; }

    /// <summary>Up to which version it can apply entries, as it told the asked node; null when it has not.</summary>
    public int? StateVersion { get; init; }

    /// <summary>A snapshot on its way to it; null for none.</summary>
    public SnapshotInfo? Snapshot { get; init; }
}

/// <summary>What a node's disk holds, by what it is; all in bytes.</summary>
public sealed record DiskInfo
{
    /// <summary>The node's data folder.</summary>
    public string? Folder { get; init; }

    /// <summary>The disk's size.</summary>
    public long Total { get; init; }

    /// <summary>What is free of it.</summary>
    public long Free { get; init; }

    /// <summary>What is to stay free: <c>--disk-reserve</c>.</summary>
    public long Reserve { get; init; }

    /// <summary>What must be free beside that, for rewriting files.</summary>
    public long Working { get; init; }

    /// <summary>Whether there is less than both: then only what makes room is written.</summary>
    public bool Low { get; init; }

    /// <summary>The log.</summary>
    public long Log { get; init; }

    /// <summary>The log's next file, kept ready.</summary>
    public long Spare { get; init; }

    /// <summary>The rows with their history.</summary>
    public long Rows { get; init; }

    /// <summary>Snapshots that are being received or sent, beyond what they share with the rows.</summary>
    public long Snapshots { get; init; }

    /// <summary>Logs that were set aside as damaged.</summary>
    public long Aside { get; init; }

    /// <summary>The folder <c>backups</c>.</summary>
    public long Backups { get; init; }

    /// <summary>All else.</summary>
    public long Other { get; init; }
}

/// <summary>A snapshot on its way.</summary>
/// <param name="Index">The entry it stands at.</param>
/// <param name="Bytes">How many bytes have arrived.</param>
/// <param name="TotalBytes">How many it has.</param>
public sealed record SnapshotInfo(long Index, long Bytes, long TotalBytes);

/// <summary>Whether one node is ready to serve: <c>GET /readyz</c>.</summary>
/// <param name="Endpoint">The node that was asked.</param>
/// <param name="Ready">Whether it serves.</param>
/// <param name="Report">Its lines, one a check.</param>
public sealed record NodeHealth(Uri Endpoint, bool Ready, string Report);
