namespace RaftCluster.Bench.Report;

/// <summary>Figures over repeats.</summary>
internal static class Statistics
{
    /// <summary>The middle one; of an even number of them, between the two in the middle.</summary>
    /// <param name="values">At least one.</param>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The distance between the least and the greatest, as a share of the median; 0 when the median is.</summary>
    /// <param name="values">At least one.</param>
    public static double Spread(IReadOnlyCollection<double> values) =>
        Median(values) is var median and not 0 ? (values.Max() - values.Min()) / median : 0;
}
