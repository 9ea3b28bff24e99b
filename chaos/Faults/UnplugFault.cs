using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Network;

namespace RaftCluster.Chaos.Faults;

/// <summary>A node's link goes down: nobody reaches it and it reaches nobody, clients neither, and no connection is told of it.</summary>
internal sealed class UnplugFault(string name, string what) : Fault(name, what)
{
    /// <inheritdoc/>
    public override string? WhyNotIn(NetworkKind network) =>
        network == NetworkKind.Namespaces ? null : "a node has a link of its own with --network namespaces alone";

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeOneAsync(chance, report) is not ({ } node, { } claim))
        {
            return;
        }

        var network = (NamespaceNetwork)context.Network;
        using (claim)
        {
            try
            {
                await network.PlugAsync(node.Id, isUp: false);
                await context.HoldAsync(hold);
                if (network.IsDown(node.Id) && await NodeView.OfAsync(node, NodeView.Short) is null && node.IsUp)
                {
                    report.TookEffect($"the link was down for {hold.TotalSeconds:0.0} s, and {node.Id} ran and did not answer");
                }
            }
            finally
            {
                await network.PlugAsync(node.Id, isUp: true);
            }
        }
    }
}
