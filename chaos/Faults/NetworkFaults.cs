using RaftCluster.Chaos.Network;

namespace RaftCluster.Chaos.Faults;

/// <summary>How a network falls apart.</summary>
internal enum Shape
{
    /// <summary>The leader alone, the others together.</summary>
    Leader,

    /// <summary>Two parts, as even as can be.</summary>
    Halves,

    /// <summary>The leader speaks and hears nothing.</summary>
    LeaderDeaf,

    /// <summary>The leader hears and can't speak.</summary>
    LeaderMute,

    /// <summary>Two parts that don't see each other, and one node that sees both.</summary>
    Bridge,

    /// <summary>A ring, in which each node sees the one before and the one after it: a majority, and another one for each.</summary>
    Ring,
}

/// <summary>Some ways between nodes are cut: connections stay, nothing arrives, and what was said meanwhile arrives late, or is sent again.</summary>
internal sealed class PartitionFault(string name, string what, Shape shape) : Fault(name, what)
{
    /// <inheritdoc/>
    public override int LeastNodes => shape == Shape.Ring ? 4 : 2;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        if (await context.AwaitLeaderAsync() is not { } leader)
        {
            report.Skip("nobody leads");
            return;
        }

        string[] ids = [leader.Id, .. context.Nodes.Where(node => node != leader).Select(node => node.Id).OrderBy(_ => chance.Next())];
        var halves = ids.OrderBy(_ => chance.Next()).ToArray();
        var cut = context.Network.Ways(shape switch
        {
            Shape.Leader => (from, to) => from == ids[0] || to == ids[0],
            Shape.LeaderDeaf => (_, to) => to == ids[0],
            Shape.LeaderMute => (from, _) => from == ids[0],
            Shape.Halves => (from, to) => IsFirst(from, halves.Length) != IsFirst(to, halves.Length),
            Shape.Bridge => (from, to) => from != halves[^1] && to != halves[^1] && IsFirst(from, halves.Length - 1) != IsFirst(to, halves.Length - 1),
            Shape.Ring => (from, to) => Steps(from, to) is > 1,
            _ => throw new System.Diagnostics.UnreachableException(),
        });
        report.Meets(shape is Shape.Leader or Shape.LeaderDeaf or Shape.LeaderMute ? [ids[0]] : halves);
        await Weathers.HoldAsync(context, cut, new Weather(Cut: true), hold, report);

        bool IsFirst(string id, int of) => Array.IndexOf(halves, id) < of / 2;

        int Steps(string from, string to)
        {
            var apart = Math.Abs(Array.IndexOf(halves, from) - Array.IndexOf(halves, to));
            return Math.Min(apart, halves.Length - apart);
        }
    }
}

/// <summary>Ways between nodes are slow, or lose what has to be sent again.</summary>
internal sealed class WeatherFault(string name, string what, Weather weather, bool onlyLeader = false) : Fault(name, what)
{
    /// <inheritdoc/>
    public override string? WhyNotIn(NetworkKind network) => network == NetworkKind.Namespaces && weather.HoldsBack ? Weathers.OnlyProxies : null;

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        var leader = onlyLeader ? await context.AwaitLeaderAsync() : null;
        if (onlyLeader && leader is null)
        {
            report.Skip("nobody leads");
            return;
        }

        report.Meets(leader is null ? context.Nodes.Select(node => node.Id) : [leader.Id]);
        var ways = context.Network.Ways((from, to) => leader is null || from == leader.Id || to == leader.Id);
        await Weathers.HoldAsync(context, ways, weather, hold, report);
    }
}

/// <summary>Connections between nodes break again and again.</summary>
internal sealed class ResetFault(string name, string what) : Fault(name, what)
{
    private static readonly TimeSpan _between = TimeSpan.FromMilliseconds(150);

    /// <inheritdoc/>
    public override async Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report)
    {
        report.Meets(context.Nodes.Select(node => node.Id));
        var (began, broken) = (context.Journal.Now, 0L);
        while (context.Journal.Now - began < hold.TotalMicroseconds && !context.Stop.IsCancellationRequested)
        {
            var one = context.Nodes[chance.Next(context.Nodes.Count)].Id;
            broken += await context.Network.ResetAsync(context.Network.Ways((from, _) => from == one));
            await context.HoldAsync(_between);
        }

        if (broken > 0)
        {
            report.TookEffect($"{broken} resets");
        }
    }
}

/// <summary>Weather on some ways for a while.</summary>
internal static class Weathers
{
    /// <summary>Why a fault needs proxies.</summary>
    public const string OnlyProxies = "only proxies can hold back what is said: --network proxies";

    /// <summary>Brings it, and takes it away; it took effect when something was held up.</summary>
    public static async Task HoldAsync(
        FaultContext context, IReadOnlyList<Way> ways, Weather weather, TimeSpan hold, FaultReport report)
    {
        var before = await context.Network.AffectedAsync(ways);
        try
        {
            await context.Network.AddAsync(ways, weather);
            await context.HoldAsync(hold);
        }
        finally
        {
            await context.Network.RemoveAsync(ways, weather);
        }

        var affected = await context.Network.AffectedAsync(ways) - before;
        if (affected > 0)
        {
            report.TookEffect($"{affected} {context.Network.Toll} on {ways.Count} ways for {hold.TotalSeconds:0.0} s");
        }
    }
}
