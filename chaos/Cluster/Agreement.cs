namespace RaftCluster.Chaos.Cluster;

/// <summary>Whether nodes have come to the same.</summary>
/// <param name="IsReached">Whether all have applied the same index, and come to the same revision.</param>
/// <param name="Views">What each said last, in the nodes' order; null when it did not answer.</param>
internal sealed record Agreement(bool IsReached, IReadOnlyList<NodeView?> Views)
{
    /// <summary>What they agree in; null when they don't, or are of different states at one index.</summary>
    public NodeView? Agreed => IsReached && Views.All(view => view!.StateHash == Views[0]!.StateHash) ? Views[0] : null;

    /// <summary>Waits until all nodes have applied the same.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="bound">How long they may take.</param>
    /// <param name="patience">How long one may take to answer.</param>
    /// <param name="stop">Ends the waiting.</param>
    public static async Task<Agreement> AwaitAsync(
        IReadOnlyList<NodeProcess> nodes, TimeSpan bound, TimeSpan patience, CancellationToken stop)
    {
        NodeView?[] views = [];
        var same = await Until.HasAsync(
            bound,
            async () =>
            {
                views = await Task.WhenAll(nodes.Select(node => NodeView.OfAsync(node, patience)));
                return views.All(view => view is not null && (view.Applied, view.Revision) == (views[0]?.Applied, views[0]?.Revision))
                    ? views
                    : null;
            },
            stop);
        return new Agreement(same is not null, views);
    }
}
