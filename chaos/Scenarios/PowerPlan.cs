namespace RaftCluster.Chaos.Scenarios;

/// <summary>What a seed decides of a run.</summary>
/// <param name="Victims">The nodes whose power is cut, from 0.</param>
/// <param name="First">Those that are started first afterwards.</param>
/// <param name="Later">Those that are started when these have gone on for a while.</param>
/// <param name="After">How long is written before.</param>
internal sealed record PowerPlan(IReadOnlyList<int> Victims, IReadOnlyList<int> First, IReadOnlyList<int> Later, TimeSpan After)
{
    private static readonly TimeSpan _least = TimeSpan.FromMilliseconds(50);

    /// <summary>Makes one.</summary>
    public static PowerPlan Of(PowerOptions options, Random chance)
    {
        var nodes = Enumerable.Range(0, options.Nodes).ToArray();
        chance.Shuffle(nodes);
        var after = _least + ((options.Writing - _least) * chance.NextDouble());
        if (options.Victims == Scenarios.Victims.One)
        {
            return new PowerPlan([nodes[0]], [nodes[0]], [], after);
        }

        var majority = (options.Nodes / 2) + 1;
        return new PowerPlan([.. nodes.Order()], [.. nodes.Take(majority).Order()], [.. nodes.Skip(majority).Order()], after);
    }
}
