namespace RaftCluster.Client;

/// <summary>Who the members are: <c>/v1/members</c>.</summary>
public sealed record MembershipInfo
{
    /// <summary>The cluster's name.</summary>
    public string? Cluster { get; init; }

    /// <summary>The index of the entry by which they are the members; 0 while they are those the cluster began with.</summary>
    public long Index { get; init; }

    /// <summary>Whether that entry is committed.</summary>
    public bool Committed { get; init; }

    /// <summary>All members, by id.</summary>
    public IReadOnlyList<ListedMember> Members { get; init; } = [];
}

/// <summary>A member, as the leader sees it.</summary>
public sealed record ListedMember
{
    /// <summary>Its name.</summary>
    public required string Id { get; init; }

    /// <summary><c>voter</c> or <c>learner</c>.</summary>
    public string? Role { get; init; }

    /// <summary>How it gets a vote: <c>auto</c>, <c>manual</c> or <c>never</c>.</summary>
    public string? Promote { get; init; }

    /// <summary>The base URL of its HTTP API.</summary>
    public Uri? Url { get; init; }

    /// <summary>Where it listens for the other nodes.</summary>
    public string? Peer { get; init; }

    /// <summary>The last entry known to be on its disk.</summary>
    public long? MatchIndex { get; init; }

    /// <summary>How many entries it lacks.</summary>
    public long? Lag { get; init; }

    /// <summary>Milliseconds since it last answered the leader; null for never.</summary>
    public double? LastContactMs { get; init; }
}

/// <summary>A node that is to become a member.</summary>
/// <param name="Id">Its name: 1 to 64 letters, digits, <c>-</c>, <c>_</c> or <c>.</c>.</param>
/// <param name="Url">The base URL of its HTTP API, as <c>http://10.0.0.4:8001</c>.</param>
/// <param name="Peer">Where it listens for the other nodes, as <c>10.0.0.4:7001</c>.</param>
/// <param name="Promote">How it gets a vote: <c>auto</c> when it has caught up (the default), <c>manual</c>, or <c>never</c> for a read replica.</param>
public sealed record NewMember(string Id, string Url, string Peer, string? Promote = null);

/// <summary>What is to be otherwise with a member; null for what stays.</summary>
public sealed record MemberChange
{
    /// <summary>The base URL of its HTTP API.</summary>
    public string? Url { get; init; }

    /// <summary>Where it listens for the other nodes.</summary>
    public string? Peer { get; init; }

    /// <summary><c>voter</c> or <c>learner</c>.</summary>
    public string? Role { get; init; }

    /// <summary>How it gets a vote: <c>auto</c>, <c>manual</c> or <c>never</c>.</summary>
    public string? Promote { get; init; }
}
