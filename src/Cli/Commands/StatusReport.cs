using System.Collections.Immutable;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>What one node said of the cluster, or why it said nothing.</summary>
internal sealed record NodeView(string? Id, Uri Url, ClusterStatus? Status, string? Failure)
{
    internal static async Task<NodeView> AskAsync(
        RaftClusterClient client, Uri endpoint, TimeSpan patience, CancellationToken cancellation)
    {
        try
        {
            var status = await client.GetNodeStatusAsync(endpoint, patience, cancellation);
            return new NodeView(status.Node, endpoint, status, Failure: null);
        }
        catch (RaftClusterException failed)
        {
            return new NodeView(Id: null, endpoint, Status: null, failed.GetBaseException().Message);
        }
    }
}

/// <summary>All nodes' views, and what follows from seeing them side by side.</summary>
internal sealed record StatusReport(ImmutableArray<NodeView> Views, string? Leader, long Commit, bool ReplicasDiffer)
{
    internal static StatusReport Of(ImmutableArray<NodeView> views)
    {
        var differ = views
            .Where(view => view.Status?.StateHash is not null)
            .GroupBy(view => view.Status!.Revision)
            .Any(same => same.Select(view => view.Status!.StateHash).Distinct().Count() > 1);
        var commit = views.Max(view => view.Status?.CommitIndex) ?? 0;
        return new StatusReport(views, LeaderOf(views.Select(view => view.Status))?.Node, commit, differ);
    }

    /// <summary>Who leads, as it says itself; null when nobody does. A deposed leader may not know it yet: the highest term counts.</summary>
    internal static ClusterStatus? LeaderOf(IEnumerable<ClusterStatus?> statuses) =>
        statuses.Where(status => status?.Role == "leader").MaxBy(status => status!.Term);

    /// <summary>What differs between the nodes' versions, for people; null when nothing does.</summary>
    internal string? VersionSkew
    {
        get
        {
            var known = Views.Select(view => view.Status).OfType<ClusterStatus>().Where(status => status.Version is not null).ToArray();
            if (known.Select(status => (status.Version, status.OwnStateVersion)).Distinct().Count() < 2)
            {
                return null;
            }

            var nodes = string.Join(", ", known.Select(status => $"{status.Node} {status.Version} (applies state version {status.OwnStateVersion})"));
            return $"the nodes run different versions: {nodes}; the cluster's state version is {known.Max(status => status.StateVersion)}";
        }
    }

    /// <summary>How many committed entries a node has yet to apply.</summary>
    internal long? LagOf(NodeView view) => view.Status is { } status ? Math.Max(0, Commit - status.AppliedIndex) : null;

    /// <summary>How many percent of a snapshot a node has, as it or its leader says; null when none is on its way.</summary>
    internal int? SnapshotPercentOf(NodeView view) => Views
        .SelectMany(other => other.Status?.Members ?? [])
        .Where(member => member.Id == view.Id)
        .Max(member => member.Snapshot is { TotalBytes: > 0 } snapshot ? (int?)(snapshot.Bytes * 100 / snapshot.TotalBytes) : null);

    internal StatusLine ToLine() => new(Leader, ReplicasDiffer, [.. Views.Select(view => new NodeLine(
        view.Id,
        view.Url.GetLeftPart(UriPartial.Authority),
        view.Status is not null,
        view.Failure,
        view.Status?.Role,
        view.Status?.Term,
        view.Status?.CommitIndex,
        view.Status?.AppliedIndex,
        view.Status?.Revision,
        view.Status?.StateHash,
        LagOf(view),
        view.Status?.Rebuilding,
        SnapshotPercentOf(view),
        view.Status is { Drained: true } ? true : null,
        view.Status?.Disk,
        view.Status?.Version,
        view.Status?.StateVersion,
        view.Status?.OwnStateVersion))]);
}
