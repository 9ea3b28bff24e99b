namespace RaftCluster.Bench.Report;

/// <summary>The repeats of one product, work, node and number of clients.</summary>
/// <param name="Median">The repeat that stands in the middle by operations a second.</param>
/// <param name="Errors">All repeats' errors.</param>
/// <param name="Spread">The distance between the best and the worst repeat, as a share of the median.</param>
/// <param name="OtherProcessors">The most that others used in any repeat.</param>
internal sealed record Summary(Measurement Median, long Errors, double Spread, double OtherProcessors)
{
    /// <summary>Repeats further apart than this say more about the machine than about the product.</summary>
    private const double NoisySpread = 0.15;

    /// <summary>Others may use so much of one processor before it counts.</summary>
    private const double NoisyOthers = 0.15;

    /// <summary>Whether the figures deserve distrust.</summary>
    public bool Noisy => Spread > NoisySpread || OtherProcessors > NoisyOthers;

    /// <summary>Gathers the repeats, in the order in which they were first measured.</summary>
    public static IReadOnlyList<Summary> Of(IEnumerable<Measurement> measurements) =>
    [
        .. measurements.GroupBy(m => (m.Work, m.Via, m.Clients, m.Product, m.Protocol)).Select(group =>
        {
            var ordered = group.OrderBy(m => m.OperationsPerSecond).ToList();
            var median = ordered[ordered.Count / 2];
            var distance = ordered[^1].OperationsPerSecond - ordered[0].OperationsPerSecond;
            return new Summary(
                median,
                ordered.Sum(m => m.Errors),
                median.OperationsPerSecond == 0 ? 0 : distance / median.OperationsPerSecond,
                ordered.Max(m => m.OtherProcessors));
        }),
    ];
}
