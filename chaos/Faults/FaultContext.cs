using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Network;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Faults;

/// <summary>What faults have to do with.</summary>
internal sealed class FaultContext
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _claimed = [];

    /// <summary>The node's program.</summary>
    public required NodeProgram Program { get; init; }

    /// <summary>The nodes.</summary>
    public required NodeGroup Group { get; init; }

    /// <summary>The ways between them.</summary>
    public required NodeNetwork Network { get; init; }

    /// <summary>What was written down so far.</summary>
    public required Journal Journal { get; init; }

    /// <summary>What clients share; a fault may need one of its own.</summary>
    public required ClientWorld World { get; init; }

    /// <summary>What broke where no history shows it.</summary>
    public required Action<Violation> Violate { get; init; }

    /// <summary>Where files go.</summary>
    public required string Folder { get; init; }

    /// <summary>Ends the time of faults: what is in force is healed.</summary>
    public required CancellationToken Stop { get; init; }

    /// <summary>The node whose bits turn; null while no one's did. It may find out at any time, and end for it.</summary>
    public NodeProcess? Rotten { get; set; }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<NodeProcess> Nodes => Group.Nodes;

    /// <summary>How many make a majority.</summary>
    public int Majority => (Nodes.Count / 2) + 1;

    /// <summary>The node that leads, as far as nodes say; null when none does.</summary>
    public async Task<NodeProcess?> LeaderAsync()
    {
        var views = await Task.WhenAll(Nodes.Where(node => node.IsUp).Select(async node => (Node: node, View: await NodeView.OfAsync(node, NodeView.Short))));
        return views.Where(each => each.View?.Role == "leader").OrderBy(each => each.View!.Term).LastOrDefault().Node;
    }

    /// <summary>The node that leads, or that comes to lead within a few seconds; null when none does.</summary>
    public Task<NodeProcess?> AwaitLeaderAsync() => Until.HasAsync(_patience, LeaderAsync, CancellationToken.None);

    /// <summary>Takes nodes, so that no two faults stop and start the same one.</summary>
    /// <returns>Gives them back; null when one is taken.</returns>
    public IDisposable? Claim(params IEnumerable<NodeProcess> nodes)
    {
        var ids = nodes.Select(node => node.Id).ToList();
        lock (_claimed)
        {
            if (ids.Exists(_claimed.Contains))
            {
                return null;
            }

            _claimed.UnionWith(ids);
            return new Release(this, ids);
        }
    }

    /// <summary>The nodes that nobody has taken.</summary>
    public IReadOnlyList<NodeProcess> Free()
    {
        lock (_claimed)
        {
            return [.. Nodes.Where(node => node.IsUp && !_claimed.Contains(node.Id))];
        }
    }

    /// <summary>Lets a fault hold for a while; when all is to stop, it is healed at once.</summary>
    public Task HoldAsync(TimeSpan time) => Until.PassedAsync(time, Stop);

    /// <summary>Whether somebody expects this node to be down.</summary>
    public bool IsClaimed(NodeProcess node)
    {
        lock (_claimed)
        {
            return _claimed.Contains(node.Id);
        }
    }

    private sealed class Release(FaultContext context, List<string> ids) : IDisposable
    {
        public void Dispose()
        {
            lock (context._claimed)
            {
                context._claimed.ExceptWith(ids);
            }
        }
    }
}
