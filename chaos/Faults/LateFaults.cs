using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Network;

namespace RaftCluster.Chaos.Faults;

/// <summary>
/// A node that was away is being sent the rows of the others when so many of these are killed that it would have to be counted
/// for a majority; then the rest is killed, too. Nothing may have been acknowledged meanwhile that its disk does not hold.
/// </summary>
internal sealed class HalfSnapshotFault(string name, string what) : LoneCopyFault(name, what)
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _alone = TimeSpan.FromSeconds(3);

    /// <summary>Slow for rows; fast enough for a leader's requests to arrive in time.</summary>
    private static readonly Weather _slow = new(BytesASecond: 1_000_000);

    private const double Nearly = 0.8;

    /// <inheritdoc/>
    public override string? WhyNotIn(NetworkKind network) => network == NetworkKind.Namespaces ? Weathers.OnlyProxies : null;

    /// <inheritdoc/>
    protected override async Task PlayAsync(FaultContext context, NodeProcess leader, List<NodeProcess> others, FaultReport report)
    {
        var straggler = others[0];
        straggler.Kill();
        await straggler.GoneAsync();
        var isBehind = await FallBehindFault.AwaitAsync(context, straggler) is not null;
        var ways = context.Network.Ways((from, to) => from == leader.Id && to == straggler.Id);
        try
        {
            await context.Network.AddAsync(ways, _slow);
            straggler.Start();
            var isOnItsWay = isBehind && await Until.IsAsync(
                _bound, async () => await NodeView.OfAsync(straggler, NodeView.Short) is { Received: > 0 and < 1 });
            KillBeyondMajority(context, others);

            // While it lacks some of them.
            await Until.IsAsync(_alone, async () => await NodeView.OfAsync(straggler, NodeView.Short) is { Received: null or > Nearly });
            await KillAll.RunAsync(context, report, isOnItsWay ? $"all ended while {straggler.Id} was sent rows" : null);
        }
        finally
        {
            await context.Network.RemoveAsync(ways, _slow);
        }
    }
}

/// <summary>
/// What the leader says to a follower on its connections is held up until it has given these up and gone on by others. Then,
/// when that follower's disk is one that counts, what was held up arrives, if it has not closed these, and all are killed: what was acknowledged meanwhile
/// must be on the follower's disk still.
/// </summary>
internal sealed class LateRequestFault(string name, string what) : LoneCopyFault(name, what)
{
    private const int Acknowledged = 20;

    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(300);

    /// <inheritdoc/>
    public override string? WhyNotIn(NetworkKind network) => network == NetworkKind.Namespaces ? Weathers.OnlyProxies : null;

    /// <inheritdoc/>
    protected override async Task PlayAsync(FaultContext context, NodeProcess leader, List<NodeProcess> others, FaultReport report)
    {
        var follower = others[0];
        var doors = (DoorNetwork)context.Network;
        var old = doors.Hold(leader.Id, follower.Id);
        try
        {
            // It hears nothing until the leader has given up, and then of everything that it missed.
            var target = await NodeView.OfAsync(leader, NodeView.Short) is { } view ? view.Last : 0;
            await context.HoldAsync(_pace);
            var wentOn = await Until.IsAsync(
                _bound, async () => context.Stop.IsCancellationRequested || await NodeView.OfAsync(follower, NodeView.Short) is { } its && its.Last > target + Acknowledged);
            KillBeyondMajority(context, others);

            // From now on the follower is one of those that a majority needs.
            var before = context.Journal.Acknowledged;
            await Until.IsAsync(_bound / 2, () => Task.FromResult(context.Journal.Acknowledged > before + Acknowledged));
            var recent = doors.Hold(leader.Id, follower.Id);
            Array.ForEach([.. old], passage => passage.LetGo());
            await context.HoldAsync(_pace);
            var (held, late) = (old.Sum(passage => passage.HeldBytes), old.Sum(passage => passage.LateBytes));
            if (!wentOn)
            {
                report.Say($"{follower.Id} did not go on by other connections");
            }

            // A node may close what it was superseded on, and then nothing of it arrives: that is its way not to be led astray.
            await KillAll.RunAsync(
                context,
                report,
                wentOn && held > 0
                    ? $"{held} bytes of {leader.Id} to {follower.Id} were held up until it went on by other connections; {(late > 0 ? $"{late} of them arrived then" : "it had closed these")}; all ended"
                    : null);
            Array.ForEach([.. recent], passage => passage.Reset());
        }
        finally
        {
            Array.ForEach([.. old], passage => passage.Reset());
        }
    }
}

/// <summary>The end of all nodes at once, and a look at their disks.</summary>
internal static class KillAll
{
    /// <summary>Kills whoever runs, and reads all logs.</summary>
    /// <param name="context">What faults have to do with.</param>
    /// <param name="report">Takes what was seen.</param>
    /// <param name="effect">What took effect; null when nothing did but the end of all.</param>
    public static async Task RunAsync(FaultContext context, FaultReport report, string? effect)
    {
        foreach (var node in context.Nodes)
        {
            node.Kill();
        }

        await Task.WhenAll(context.Nodes.Select(node => node.GoneAsync()));
        report.KilledAll++;
        if (effect is not null)
        {
            report.TookEffect(effect);
        }

        await DiskAudit.RunAsync(context, report);
    }
}
