namespace RaftCluster.StateMachine;

/// <summary>What a <see cref="Comparison"/> says of an order.</summary>
internal static class Comparisons
{
    /// <summary>Whether it holds.</summary>
    /// <param name="order">Below 0 when what is found is less than what is named, 0 when they are equal.</param>
    /// <param name="comparison">The comparison.</param>
    public static bool Holds(int order, Comparison comparison) => comparison switch
    {
        Comparison.Equal => order == 0,
        Comparison.NotEqual => order != 0,
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        Comparison.GreaterOrEqual => order >= 0,
        _ => throw new InvariantException($"unknown comparison {comparison}"),
    };
}
