using RaftCluster.Chaos.Cluster;

namespace RaftCluster.Chaos.Faults;

/// <summary>Whom a fault is to meet.</summary>
internal enum Whom
{
    /// <summary>The leader.</summary>
    Leader,

    /// <summary>Any other node.</summary>
    Follower,

    /// <summary>The fewest that leave no majority, the leader among them.</summary>
    Majority,

    /// <summary>All nodes.</summary>
    All,
}

/// <summary>Choosing nodes.</summary>
internal static class Whoms
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(6);

    /// <summary>Chooses and takes them.</summary>
    /// <returns>Null when there are none to be had now, which the report says.</returns>
    public static async Task<(IReadOnlyList<NodeProcess> Nodes, IDisposable Claim)?> TakeAsync(
        this FaultContext context, Whom whom, Random chance, FaultReport report)
    {
        NodeProcess? leader = null;
        var taken = await Until.HasAsync(
            _patience,
            async () =>
            {
                leader = await context.LeaderAsync();
                return Choose(context, whom, leader, chance) is { } nodes && context.Claim(nodes) is { } claim ? new Taken(nodes, claim) : null;
            },
            CancellationToken.None);
        if (taken is null)
        {
            report.Skip(leader is null ? "nobody leads" : "the nodes it would meet are down or in another fault's hands");
            return null;
        }

        report.Meets(taken.Nodes.Select(node => node.Id));
        return (taken.Nodes, taken.Claim);
    }

    /// <summary>Takes one node: the leader half of the time, a follower otherwise.</summary>
    /// <returns>The node, and what gives it back; null when it can't be had, and the report says why.</returns>
    public static async Task<(NodeProcess Node, IDisposable Claim)?> TakeOneAsync(this FaultContext context, Random chance, FaultReport report) =>
        await context.TakeAsync(chance.Next(2) == 0 ? Whom.Leader : Whom.Follower, chance, report) is ({ } nodes, { } claim)
            ? (nodes[0], claim)
            : null;

    private static IReadOnlyList<NodeProcess>? Choose(FaultContext context, Whom whom, NodeProcess? leader, Random chance)
    {
        var free = context.Free();
        return whom switch
        {
            Whom.All => free.Count == context.Nodes.Count ? free : null,
            Whom.Leader => leader is not null && free.Contains(leader) ? [leader] : null,
            Whom.Follower => leader is not null && Others() is { Count: > 0 } others ? [others[chance.Next(others.Count)]] : null,
            Whom.Majority => leader is not null && free.Contains(leader) && Others() is var others && others.Count >= context.Majority - 1
                ? [leader, .. others.OrderBy(_ => chance.Next()).Take(context.Majority - 1)]
                : null,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        List<NodeProcess> Others() => [.. free.Where(node => node != leader)];
    }

    private sealed record Taken(IReadOnlyList<NodeProcess> Nodes, IDisposable Claim);
}

/// <summary>SIGKILL, and a start on the same data.</summary>
internal sealed class KillFault(string name, string what, Whom whom) : Fault(name, what)
{
    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeAsync(whom, chance, report) is not ({ } nodes, { } claim))
        {
            return;
        }

        using (claim)
        {
            foreach (var node in nodes)
            {
                node.Kill();
            }

            await Task.WhenAll(nodes.Select(node => node.GoneAsync()));
            report.TookEffect($"{nodes.Count} processes ended");
            if (whom == Whom.All)
            {
                report.KilledAll++;
                await DiskAudit.RunAsync(context, report);
            }

            await context.HoldAsync(whom == Whom.All ? TimeSpan.Zero : hold);
            await Restart.RunAsync(context, nodes, chance, report);
        }
    }
}

/// <summary>SIGSTOP for a while, longer than nodes wait for a leader, then SIGCONT.</summary>
internal sealed class PauseFault(string name, string what, Whom whom) : Fault(name, what)
{
    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeAsync(whom, chance, report) is not ({ } nodes, { } claim))
        {
            return;
        }

        using (claim)
        {
            try
            {
                foreach (var node in nodes)
                {
                    node.Signal(LinuxCalls.Stop);
                }

                await context.HoldAsync(hold);
                if (nodes.All(node => ProcessState.Of(node.ProcessId) == 'T'))
                {
                    report.TookEffect($"stopped for {hold.TotalSeconds:0.0} s");
                }
            }
            finally
            {
                foreach (var node in nodes)
                {
                    node.Signal(LinuxCalls.Continue);
                }
            }
        }
    }
}

/// <summary>A node that gets a fifth of a processor: stopped and let go on, fifty times a second.</summary>
internal sealed class StarveFault(string name, string what, Whom whom) : Fault(name, what)
{
    private static readonly TimeSpan _stopped = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan _runs = TimeSpan.FromMilliseconds(10);

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeAsync(whom, chance, report) is not ({ } nodes, { } claim))
        {
            return;
        }

        using (claim)
        {
            var node = nodes[0];
            var (began, times, took) = (context.Journal.Now, 0, 0);
            while (context.Journal.Now - began < hold.TotalMicroseconds && !context.Stop.IsCancellationRequested)
            {
                try
                {
                    node.Signal(LinuxCalls.Stop);
                    await context.HoldAsync(_stopped);
                    took += ProcessState.Of(node.ProcessId) == 'T' ? 1 : 0;
                }
                finally
                {
                    node.Signal(LinuxCalls.Continue);
                }

                times++;
                await context.HoldAsync(_runs);
            }

            if (took > times / 2)
            {
                report.TookEffect($"stopped {took} times for {_stopped.TotalMilliseconds} ms");
            }
        }
    }
}
