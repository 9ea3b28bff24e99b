using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Runs;

/// <summary>Asks every node what it is, again and again, and writes down what is new.</summary>
internal sealed class Watcher(IReadOnlyList<NodeProcess> nodes, Journal journal)
{
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, NodeView?> _views = nodes.ToDictionary(node => node.Id, _ => (NodeView?)null);

    /// <summary>What each node said last; null when it did not answer.</summary>
    public IReadOnlyDictionary<string, NodeView?> Views
    {
        get
        {
            lock (_views)
            {
                return _views.ToDictionary();
            }
        }
    }

    /// <summary>Goes on until it is told to stop.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(nodes.Select(node => RunAsync(node, stop)));

    private async Task RunAsync(NodeProcess node, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var begin = journal.Now;
            var view = node.IsUp ? await NodeView.OfAsync(node, NodeView.Short) : null;
            NodeView? before;
            lock (_views)
            {
                before = _views[node.Id];
                _views[node.Id] = view;
            }

            if (view is not null && view != before)
            {
                journal.Add(new ViewRecord
                {
                    Begin = begin,
                    End = journal.Now,
                    Node = node.Id,
                    Role = view.Role,
                    Term = view.Term,
                    Leader = view.Leader,
                    Applied = view.Applied,
                    Revision = view.Revision,
                    StateHash = view.StateHash,
                });
            }

            await Until.PassedAsync(_pace, stop);
        }
    }
}
