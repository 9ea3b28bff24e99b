namespace RaftCluster.Chaos.Cluster;

/// <summary>How the nodes of a cluster are set up.</summary>
internal sealed record NodeSetup
{
    /// <summary>Whether each has a file system of its own, whose power can be cut; otherwise a folder.</summary>
    public required bool OwnDisks { get; init; }

    /// <summary>Further options of every node.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>What a node finds in its environment besides; null for nothing.</summary>
    public Func<string, IReadOnlyDictionary<string, string>>? EnvironmentOf { get; init; }

    /// <summary>The command by which a node's program is started, before the program's own; null or empty for none.</summary>
    public Func<string, IReadOnlyList<string>>? LauncherOf { get; init; }

    /// <summary>Whether the last node is none of the cluster yet: it joins when it is told to.</summary>
    public bool HasSpare { get; init; }

    /// <summary>By which addresses a node reaches the others; null for their own.</summary>
    public Func<string, IReadOnlyList<MemberAddress>>? SeenBy { get; init; }
}
