using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Runs;

/// <summary>
/// What is looked at when all is healed: that all nodes come to the same; that the rows are what the clients were told; and,
/// when they have stopped, that their disks hold the same.
/// </summary>
internal sealed class Ending(FaultContext context, Load load, ClientWorld world)
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    /// <summary>Goes through it. What is broken is told to the context, or follows from the history.</summary>
    /// <exception cref="HarnessException">A node doesn't answer as it should.</exception>
    public async Task RunAsync(Action<string> tell)
    {
        tell("waiting for leases to end");
        await AuditAsync();
        tell("comparing nodes");
        if (await ConvergeAsync() is not { } agreed)
        {
            return;
        }

        await FeedsAsync(agreed.Revision);
        tell("stopping nodes and reading their logs");
        await StopAsync(agreed.Applied);
    }

    private async Task AuditAsync()
    {
        using var auditor = new Auditor(world);
        if (!await Until.IsAsync(_bound, async () => await auditor.CountAsync(LeaseClient.Prefix) == 0))
        {
            context.Violate(new Violation(
                Promise.LeasesLast, LeaseClient.Prefix, $"no row within {_bound.TotalSeconds} s after the last sign of life", "some"));
        }

        await auditor.ReadAllAsync(load.Counters);
    }

    private async Task<NodeView?> ConvergeAsync()
    {
        var same = await Agreement.AwaitAsync(context.Nodes, _bound, NodeView.Short, CancellationToken.None);
        if (same.Agreed is { } agreed)
        {
            return agreed;
        }

        context.Violate(new Violation(
            same.IsReached ? Promise.NodesAreEqual : Promise.NodesRecover,
            "all nodes",
            same.IsReached ? "one state" : $"one applied index within {_bound.TotalSeconds} s of the last healing",
            string.Join("; ", context.Nodes.Zip(same.Views, (node, view) => $"{node.Id}: {view?.ToString() ?? node.End}"))));
        return null;
    }

    private async Task FeedsAsync(long revision)
    {
        if (!await Until.IsAsync(_bound, () => Task.FromResult(load.Feeds.All(feed => feed.Next > revision))))
        {
            context.Violate(new Violation(
                Promise.TheFeedIsTheLog, "consumers", $"every event up to {revision}", string.Join(", ", load.Feeds.Select(feed => feed.Next - 1))));
        }

        await load.EndFeedsAsync();
    }

    private async Task StopAsync(long applied)
    {
        using var claim = context.Claim(context.Nodes);
        var ends = await Task.WhenAll(context.Nodes.Select(node => node.StopAsync()));
        foreach (var (node, end) in context.Nodes.Zip(ends).Where(each => each.Second != 0))
        {
            context.Violate(new Violation(Promise.NodesRecover, node.Id, "a clean stop", node.End));
        }

        var copies = await LogReader.ReadAllAsync(context.Program, context.Group, context.Nodes, context.Folder, "end");
        LogCheck.Sound(copies).Concat(LogCheck.Equal(copies, applied)).ToList().ForEach(context.Violate);
    }
}
