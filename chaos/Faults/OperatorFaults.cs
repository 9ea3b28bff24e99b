using System.Globalization;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Faults;

/// <summary>The leadership is handed over, or the leader is drained for a while.</summary>
internal sealed class HandOverFault(string name, string what, bool drain) : Fault(name, what)
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.AwaitLeaderAsync() is not { } leader)
        {
            report.Skip("nobody leads");
            return;
        }

        var others = context.Free().Where(node => node != leader).ToList();
        if (others.Count == 0)
        {
            report.Skip("no other node is up");
            return;
        }

        var heir = others[chance.Next(others.Count)];
        report.Meets(leader.Id);
        if (!drain)
        {
            await Order.GiveAsync(leader, report, "POST", "/v1/cluster/leader", $$"""{"to":"{{heir.Id}}"}""");
            return;
        }

        try
        {
            await Order.GiveAsync(leader, report, "POST", "/v1/cluster/drain", $$"""{"node":"{{leader.Id}}"}""");
            await context.HoldAsync(hold);
        }
        finally
        {
            // A node left drained by a request that got lost would be in every fault after this one.
            if (!await Until.IsAsync(_bound, () => Order.GiveAsync(leader, report, "POST", "/v1/cluster/undrain", $$"""{"node":"{{leader.Id}}"}""")))
            {
                report.Say($"{leader.Id} is drained still");
            }
        }
    }
}

/// <summary>Old history is dropped, but for the newest part of it.</summary>
internal sealed class CompactFault(string name, string what) : Fault(name, what)
{
    private const long Kept = 2_000;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        var free = context.Free();
        if (free.Count == 0 || await NodeView.OfAsync(free[chance.Next(free.Count)], NodeView.Short) is not { } view || view.Revision <= Kept)
        {
            report.Skip("there is no old history yet");
            return;
        }

        var node = free[chance.Next(free.Count)];
        report.Meets(node.Id);
        await Order.GiveAsync(node, report, "POST", "/v1/compact", string.Create(CultureInfo.InvariantCulture, $$"""{"revision":{{view.Revision - Kept}}}"""));
    }
}

/// <summary>One node after the other is stopped as a service manager does it, and started again.</summary>
internal sealed class RollingRestartFault(string name, string what) : Fault(name, what)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    public override bool TakesLong => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        report.Meets(context.Nodes.Select(node => node.Id));
        var restarted = 0;
        foreach (var node in context.Nodes)
        {
            var claim = await Until.HasAsync(
                _patience, () => Task.FromResult(context.Free().Contains(node) ? context.Claim(node) : null), CancellationToken.None);
            if (claim is null)
            {
                report.Say($"{node.Id} left out");
                continue;
            }

            using (claim)
            {
                var code = await node.StopAsync();
                if (code != 0)
                {
                    context.Violate(new(Checks.Promise.NodesRecover, node.Id, "exit code 0 when it is asked to stop", node.End));
                }

                await Restart.RunAsync(context, [node], chance, report);
                restarted++;
            }
        }

        if (restarted > 0)
        {
            report.TookEffect($"{restarted} nodes stopped and started");
        }
    }
}

/// <summary>A node is down until the others have cut their logs behind it, so that it is sent their rows.</summary>
internal sealed class FallBehindFault(string name, string what) : Fault(name, what)
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override bool TakesLong => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.TakeAsync(Whom.Follower, chance, report) is not ({ } nodes, { } claim))
        {
            return;
        }

        using (claim)
        {
            var node = nodes[0];
            node.Kill();
            await node.GoneAsync();
            if (await AwaitAsync(context, node) is { } last)
            {
                report.TookEffect($"the leader's log begins behind {last}");
            }

            await Restart.RunAsync(context, nodes, chance, report);
        }
    }

    /// <summary>
    /// Waits until the leader's log begins behind everything that a node which is down can have; long rows make it grow.
    /// </summary>
    /// <returns>The last index that it can have; null when it did not come to that in time.</returns>
    public static async Task<long?> AwaitAsync(FaultContext context, NodeProcess node)
    {
        var others = context.Nodes.Where(other => other != node).ToList();
        var last = 0L;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(context.Stop);
        using var filler = new FillerClient(context.World, new Random(node.Id.GetHashCode(StringComparison.Ordinal)));
        var filling = filler.RunAsync(enough.Token);
        var cut = await Until.HasAsync(
            _bound,
            async () =>
            {
                var views = await Task.WhenAll(others.Select(other => NodeView.OfAsync(other, NodeView.Short)));
                last = last == 0 ? views.Max(view => view?.Last ?? 0) : last;
                return context.Stop.IsCancellationRequested || (last > 0 && views.Any(view => view is { Role: "leader" } && view.First > last)) ? views : null;
            },
            CancellationToken.None);
        await enough.CancelAsync();
        await filling;
        return cut is not null && !context.Stop.IsCancellationRequested ? last : null;
    }
}

/// <summary>A node's wall clock jumps, within what nodes allow, and back.</summary>
internal sealed class ClockFault(string name, string what) : Fault(name, what)
{
    private const int LeastSeconds = 4;
    private const int MostSeconds = 12;

    /// <inheritdoc/>
    public override bool NeedsShim => true;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        var free = context.Free();
        if (free.Count == 0)
        {
            report.Skip("no node is up");
            return;
        }

        var node = free[chance.Next(free.Count)];
        var off = TimeSpan.FromSeconds(chance.Next(LeastSeconds, MostSeconds) * (chance.Next(2) == 0 ? 1 : -1));
        report.Meets(node.Id);
        try
        {
            await NodeShim.SetClockAsync(context.Folder, node.Id, off);
            await context.HoldAsync(hold);
            if (await Order.DateOfAsync(node) is { } date && (date - DateTimeOffset.UtcNow - off).Duration() < TimeSpan.FromSeconds(3))
            {
                report.TookEffect($"its clock was {off.TotalSeconds} s off");
            }
        }
        finally
        {
            await NodeShim.SetClockAsync(context.Folder, node.Id, TimeSpan.Zero);
        }
    }
}

/// <summary>What an operator tells a node.</summary>
internal static class Order
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    /// <summary>Tells it; it took effect when the answer is 200.</summary>
    /// <returns>Whether it did.</returns>
    public static async Task<bool> GiveAsync(NodeProcess node, FaultReport report, string method, string target, string? body)
    {
        try
        {
            using var connection = new HttpConnection(node.Http, _patience);
            var answer = await connection.SendAsync(method, target, body, ("Content-Type", "application/json"));
            if (answer.Status is 200 or 204)
            {
                report.TookEffect($"{method} {target}: {answer.Status}");
                return true;
            }

            report.Say($"{method} {target}: {answer.Status} {answer.Text}");
        }
        catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
        {
            report.Say($"{method} {target}: {silent.Message}");
        }

        return false;
    }

    /// <summary>The time by a node's wall clock, as its answers have it, to a second; null when it doesn't answer.</summary>
    public static async Task<DateTimeOffset?> DateOfAsync(NodeProcess node)
    {
        try
        {
            using var connection = new HttpConnection(node.Http, NodeView.Short);
            var answer = await connection.SendAsync("GET", "/v1/cluster", body: null);
            return answer.Headers.TryGetValue("Date", out var date) ? DateTimeOffset.Parse(date, CultureInfo.InvariantCulture) : null;
        }
        catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
        {
            return null;
        }
    }
}
