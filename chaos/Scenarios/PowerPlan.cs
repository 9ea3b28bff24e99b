namespace RaftCluster.Chaos.Scenarios;

/// <summary>What a seed decides of a run.</summary>
/// <param name="Victims">The nodes whose power is cut, from 0.</param>
/// <param name="First">Those that are started first afterwards.</param>
/// <param name="Later">Those that are started when these have gone on for a while.</param>
/// <param name="After">How long is written before.</param>
/// <param name="Snapshot">
/// How much of a snapshot a node that fell behind has when the power goes: 0 none yet, 1 all of it, so that it is being
/// installed. Null when the log is not cut and nobody falls behind.
/// </param>
/// <param name="OfReceiver">Whether, of one victim, it is that node, and not whoever the victim is otherwise.</param>
internal sealed record PowerPlan(
    IReadOnlyList<int> Victims, IReadOnlyList<int> First, IReadOnlyList<int> Later, TimeSpan After, double? Snapshot, bool OfReceiver)
{
    /// <summary>So often, the power goes when all of the snapshot is there.</summary>
    private const double Whole = 0.4;

    private static readonly TimeSpan _least = TimeSpan.FromMilliseconds(50);

    /// <summary>Makes one.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="number">The run's number: in every second one a node is sent a snapshot.</param>
    /// <param name="chance">Decides the rest.</param>
    public static PowerPlan Of(PowerOptions options, int number, Random chance)
    {
        var nodes = Enumerable.Range(0, options.Nodes).ToArray();
        chance.Shuffle(nodes);
        var after = _least + ((options.Writing - _least) * chance.NextDouble());
        var part = chance.NextDouble();
        double? snapshot = number % 2 == 0 ? part < Whole ? 1 : (part - Whole) / (1 - Whole) : null;
        var ofReceiver = snapshot is not null && chance.Next(2) == 0;
        if (options.Victims == Scenarios.Victims.One)
        {
            return new PowerPlan([nodes[0]], [nodes[0]], [], after, snapshot, ofReceiver);
        }

        var majority = (options.Nodes / 2) + 1;
        return new PowerPlan(
            [.. nodes.Order()], [.. nodes.Take(majority).Order()], [.. nodes.Skip(majority).Order()], after, snapshot, ofReceiver);
    }
}
