namespace RaftCluster.Client;

/// <summary>What a node says of itself, for who looks for a fault: <c>GET /v1/node</c>.</summary>
public sealed record NodeReport
{
    /// <summary>Its id.</summary>
    public required string Node { get; init; }

    /// <summary>The version of its program.</summary>
    public string? Version { get; init; }

    /// <summary>The version of the protocol it speaks with the other nodes.</summary>
    public int Protocol { get; init; }

    /// <summary>The .NET that it runs on.</summary>
    public string? Runtime { get; init; }

    /// <summary>Its operating system.</summary>
    public string? System { get; init; }

    /// <summary>How many processors it may use.</summary>
    public int Processors { get; init; }

    /// <summary>When it started, by its clock.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>What its clock said when it answered.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Where its system takes its time from, as Linux names it.</summary>
    public string? ClockSource { get; init; }

    /// <summary>How long its log's syncs took lately; null when there were none.</summary>
    public LatencyInfo? Sync { get; init; }

    /// <summary>The other nodes, and how long they took to answer its signs of life.</summary>
    public IReadOnlyList<PeerInfo> Peers { get; init; } = [];

    /// <summary>How far back its history reaches.</summary>
    public HistoryInfo? History { get; init; }

    /// <summary>Its certificate; null when nothing is encrypted.</summary>
    public CertificateInfo? Certificate { get; init; }

    /// <summary>The silence of a leader after which it stands for election, in milliseconds.</summary>
    public double ElectionTimeoutMs { get; init; }

    /// <summary>How often it gives a sign of life when it leads, in milliseconds.</summary>
    public double HeartbeatIntervalMs { get; init; }

    /// <summary>How far its clock may differ from others', in milliseconds.</summary>
    public double MaxClockSkewMs { get; init; }

    /// <summary>How long a revision stays readable, in milliseconds; null for ever.</summary>
    public double? KeepHistoryMs { get; init; }

    /// <summary>How many revisions stay readable; null for all.</summary>
    public long? KeepRevisions { get; init; }

    /// <summary>The options that were stated at its start, without secrets.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();
}

/// <summary>How long something took lately, in milliseconds.</summary>
/// <param name="Count">How often it was done since the start.</param>
/// <param name="P50Ms">Half of the last times took no longer.</param>
/// <param name="P99Ms">99 of 100 of the last times took no longer.</param>
/// <param name="MaxMs">The longest of the last times.</param>
public sealed record LatencyInfo(long Count, double P50Ms, double P99Ms, double MaxMs);

/// <summary>Another node, as a node knows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="RoundTrip">How long it took to answer signs of life; null when it was sent none.</param>
public sealed record PeerInfo(string Id, LatencyInfo? RoundTrip);

/// <summary>How far back a history reaches.</summary>
/// <param name="OldestRevision">The oldest revision that can be read.</param>
/// <param name="Revision">The newest.</param>
/// <param name="OldestAt">When the oldest was made; null when there is none.</param>
public sealed record HistoryInfo(long OldestRevision, long Revision, DateTimeOffset? OldestAt);

/// <summary>A certificate.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="NotBefore">From when on it holds.</param>
/// <param name="NotAfter">Until when.</param>
public sealed record CertificateInfo(string? Subject, DateTimeOffset NotBefore, DateTimeOffset NotAfter);
