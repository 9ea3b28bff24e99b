namespace RaftCluster.Chaos.Faults;

/// <summary>A node's disk takes long to bring anything to rest: what it acknowledges comes later, and nothing else may change.</summary>
internal sealed class SlowDiskFault(string name, string what) : Fault(name, what)
{
    private static readonly TimeSpan _least = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _most = TimeSpan.FromMilliseconds(800);

    /// <inheritdoc/>
    public override bool NeedsShim => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeOneAsync(chance, report) is not ({ } node, { } claim))
        {
            return;
        }

        using (claim)
        {
            var before = NodeShim.SlowedSyncs(context.Folder, node.Id);
            try
            {
                NodeShim.SlowSyncs(context.Folder, node.Id, _least, _most);
                await context.HoldAsync(hold);
            }
            finally
            {
                NodeShim.SlowSyncs(context.Folder, node.Id, TimeSpan.Zero, TimeSpan.Zero);
            }

            var slowed = NodeShim.SlowedSyncs(context.Folder, node.Id) - before;
            if (slowed > 0)
            {
                report.TookEffect($"{slowed} syncs took {_least.TotalMilliseconds} to {_most.TotalMilliseconds} ms longer");
            }
        }
    }
}
