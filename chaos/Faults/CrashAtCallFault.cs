using System.Globalization;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Faults;

/// <summary>
/// A node ends right before a call by which it would have brought something to its disk, so that all that came before is there
/// and nothing of what comes after: between a write and its sync, a file that is written and not named yet, one vote of two copies.
/// </summary>
internal sealed class CrashAtCallFault(string name, string what) : Fault(name, what)
{
    private const int Killed = 128 + 9;

    /// <summary>Which calls of which files, and before which of them it is at most: of a node that works, and of one that starts.</summary>
    private static readonly (DiskCalls Calls, string Part, int Most, int MostOfAStart)[] _points =
    [
        (DiskCalls.PositionedWrite, "/log/", 100, 3),
        (DiskCalls.DataSync, "/log/", 100, 3),
        (DiskCalls.Rename, "/log/", 1, 0),
        (DiskCalls.Sync, "/log", 1, 0),
        (DiskCalls.PositionedWrite, Vote, 2, 0),
        (DiskCalls.DataSync, Vote, 2, 0),
        (DiskCalls.Write, ".sst", 2, 0),
        (DiskCalls.Write, "/MANIFEST", 2, 4),
        (DiskCalls.Sync | DiskCalls.DataSync, "/store", 4, 4),
        (DiskCalls.Rename, "/CURRENT", 0, 1),
    ];

    private const string Vote = "/log/vote";

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan _last = TimeSpan.FromSeconds(1);

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
            var point = _points[chance.Next(_points.Length)];
            var isStarting = point.Most == 0 || (point.MostOfAStart > 0 && chance.Next(2) == 0);
            var number = chance.Next(isStarting ? point.MostOfAStart : point.Most) + 1;
            if (isStarting)
            {
                // What a start does to the disk has its moments, too.
                node.Kill();
                await node.GoneAsync();
            }

            NodeShim.EndBefore(context.Folder, node.Id, point.Calls, point.Part, number);
            if (isStarting)
            {
                node.Start();
            }
            else if (point.Part == Vote && await context.LeaderAsync() is { } leader)
            {
                // Nobody votes unless somebody asks for it. Who led asks again when it hears of a newer term.
                var heir = node == leader ? context.Nodes.First(other => other != leader) : node;
                await Order.GiveAsync(leader, new FaultReport(), "POST", "/v1/cluster/leader", $$"""{"to":"{{heir.Id}}"}""");
            }

            await AwaitAsync(context, node);
            NodeShim.GoOn(context.Folder, node.Id);

            // It may just have come to it.
            var isGone = await Until.IsAsync(_last, () => Task.FromResult(!node.IsUp));
            var met = NodeShim.EndedBefore(context.Folder, node.Id);
            if (!isGone)
            {
                report.Say(string.Create(
                    CultureInfo.InvariantCulture, $"{node.Id} made fewer than {number} calls of {point.Calls} in {point.Part} within {_bound.TotalSeconds} s"));
                return;
            }

            await node.GoneAsync();
            if (met is null && node == context.Rotten && node.ExitCode == FailStops.Corrupt)
            {
                report.Say($"{node.Id} met what had rotted before it came to that call");
            }
            else if (met is null || node.ExitCode != Killed)
            {
                context.Violate(new Violation(Promise.NodesRecover, node.Id, "a process that goes on until it is killed", node.End));
            }
            else
            {
                report.TookEffect(string.Create(CultureInfo.InvariantCulture, $"{node.Id} ended right before call {number} of its kind{(isStarting ? " since its start" : "")}: {met}"));
            }

            await context.HoldAsync(hold);
            await Restart.RunAsync(context, [node], chance, report);
        }
    }

    /// <summary>Waits until it is gone, or for as long as it may take; long rows make the log grow, so that it has something to do.</summary>
    private static async Task AwaitAsync(FaultContext context, NodeProcess node)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(context.Stop);
        using var filler = new FillerClient(context.World, new Random(node.Id.GetHashCode(StringComparison.Ordinal)));
        var filling = filler.RunAsync(enough.Token);
        await Until.HasAsync(_bound, () => Task.FromResult(node.IsUp && !context.Stop.IsCancellationRequested ? null : node), CancellationToken.None);
        await enough.CancelAsync();
        await filling;
    }
}
