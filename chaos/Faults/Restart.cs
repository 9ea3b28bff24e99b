using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Faults;

/// <summary>Starting nodes again.</summary>
internal static class Restart
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    /// <summary>Starts them, of a whole cluster only a majority at first, and waits until each answers.</summary>
    public static async Task RunAsync(FaultContext context, IReadOnlyList<NodeProcess> nodes, Random chance, FaultReport report)
    {
        var order = nodes.OrderBy(_ => chance.Next()).ToList();
        var first = nodes.Count == context.Nodes.Count ? order.Take(context.Majority).ToList() : order;
        await StartAsync(context, first);
        if (first.Count < order.Count)
        {
            report.Say($"{string.Join(' ', first.Select(node => node.Id))} back first");

            // What the rest still has alone must give way to what the majority goes on with.
            var acknowledged = context.Journal.Acknowledged;
            _ = await Until.HasAsync(
                _bound, () => Task.FromResult(context.Journal.Acknowledged > acknowledged + 20 ? context : null), CancellationToken.None)
                ?? Fail(context, first, "writes that go on with a majority");
            await StartAsync(context, [.. order.Except(first)]);
        }
    }

    private static async Task StartAsync(FaultContext context, IReadOnlyList<NodeProcess> nodes)
    {
        foreach (var node in nodes)
        {
            node.Start();
        }

        foreach (var node in nodes)
        {
            _ = await Until.HasAsync(
                _bound,
                async () =>
                {
                    if (!node.IsUp && node == context.Rotten && node.ExitCode == FailStops.Corrupt)
                    {
                        // It met what had rotted, and has noted it: the next start rebuilds it.
                        node.Start();
                    }

                    return node.IsUp ? await NodeView.OfAsync(node, NodeView.Short) : null;
                },
                CancellationToken.None)
                ?? (object)Fail(context, [node], "a node that answers");
        }
    }

    private static FaultContext Fail(FaultContext context, IReadOnlyList<NodeProcess> nodes, string what)
    {
        context.Violate(new Violation(
            Promise.NodesRecover,
            string.Join(' ', nodes.Select(node => node.Id)),
            $"{what}, within {_bound.TotalSeconds} s of a restart",
            NodeProcess.Ends(nodes)));
        return context;
    }
}
