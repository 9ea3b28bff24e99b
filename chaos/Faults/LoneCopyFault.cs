using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Faults;

/// <summary>
/// Makes one follower, the first of the others, the one whose copy a majority needs, and ends all of them: what it does not hold
/// then must not have been acknowledged.
/// </summary>
internal abstract class LoneCopyFault(string name, string what) : Fault(name, what)
{
    /// <inheritdoc/>
    public override bool TakesLong => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeAsync(Whom.All, chance, report) is not ({ } nodes, { } claim))
        {
            return;
        }

        using (claim)
        {
            var leader = await context.AwaitLeaderAsync() ?? nodes[0];
            await PlayAsync(context, leader, [.. nodes.Where(node => node != leader).OrderBy(_ => chance.Next())], report);
            await Restart.RunAsync(context, nodes, chance, report);
        }
    }

    /// <summary>Does it, to the end of all.</summary>
    /// <param name="context">What faults have to do with.</param>
    /// <param name="leader">Who leads.</param>
    /// <param name="others">The others, in any order.</param>
    /// <param name="report">Takes what was seen.</param>
    protected abstract Task PlayAsync(FaultContext context, NodeProcess leader, List<NodeProcess> others, FaultReport report);

    /// <summary>Kills the last of the others, until those that are left are a majority and no more.</summary>
    protected static void KillBeyondMajority(FaultContext context, List<NodeProcess> others)
    {
        foreach (var node in others[^(others.Count + 1 - context.Majority)..])
        {
            node.Kill();
        }
    }
}
