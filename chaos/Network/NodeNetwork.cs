using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Network;

/// <summary>What the network between nodes is made of.</summary>
internal enum NetworkKind
{
    /// <summary>Proxies in the harness, one for each way of each pair: it takes no privileges.</summary>
    Proxies,

    /// <summary>A network namespace for each node, on a bridge: it takes root, and the kernel's own TCP meets what is broken.</summary>
    Namespaces,
}

/// <summary>The way from one node to another: all that the first one says to the second, whoever opened the connection.</summary>
/// <param name="From">Who speaks.</param>
/// <param name="To">Who hears.</param>
internal readonly record struct Way(string From, string To);

/// <summary>The ways between nodes: each can be broken in one direction, for entries and votes as for forwarded requests.</summary>
/// <param name="members">The nodes.</param>
internal abstract class NodeNetwork(IReadOnlyList<MemberAddress> members) : IAsyncDisposable
{
    /// <summary>Where the nodes are, by their own account.</summary>
    public IReadOnlyList<MemberAddress> Members => members;

    /// <summary>What <see cref="AffectedAsync"/> counts.</summary>
    public abstract string Toll { get; }

    /// <summary>Further options that nodes need in it.</summary>
    public virtual IReadOnlyList<string> Options => [];

    /// <summary>The members, by the addresses by which one of them reaches the others.</summary>
    public virtual IReadOnlyList<MemberAddress> SeenBy(string id) => members;

    /// <summary>The command by which a node's program is started in it, before the program's own; empty for none.</summary>
    public virtual IReadOnlyList<string> LauncherOf(string id) => [];

    /// <summary>The ways from some nodes to some others.</summary>
    public IReadOnlyList<Way> Ways(Func<string, string, bool> which) =>
    [
        .. members.SelectMany(from => members.Where(to => to != from && which(from.Id, to.Id)).Select(to => new Way(from.Id, to.Id))),
    ];

    /// <summary>Brings weather to some ways, beside what is there.</summary>
    public abstract Task AddAsync(IReadOnlyList<Way> ways, Weather weather);

    /// <summary>Takes it away again.</summary>
    public abstract Task RemoveAsync(IReadOnlyList<Way> ways, Weather weather);

    /// <summary>How often weather has met something on some ways so far.</summary>
    public abstract Task<long> AffectedAsync(IReadOnlyList<Way> ways);

    /// <summary>Breaks the connections over some ways.</summary>
    /// <returns>How many resets were sent.</returns>
    public abstract Task<long> ResetAsync(IReadOnlyList<Way> ways);

    /// <summary>A node's process is there, or not any more.</summary>
    public abstract void Tell(string id, bool isThere);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
