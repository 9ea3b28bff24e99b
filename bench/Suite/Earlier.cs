namespace RaftCluster.Bench.Suite;

/// <summary>What became of a row since an earlier run.</summary>
/// <param name="Name">The row.</param>
/// <param name="Before">The ratio to etcd then; this product's own figure where one of the runs had no etcd.</param>
/// <param name="Now">The same, now.</param>
/// <param name="IsRatio">Which of the two they are.</param>
/// <param name="Gain">How many times better it is now: above 1 better, below worse.</param>
/// <param name="IsWorse">Whether that is further than the repeats of both runs lie apart, and a tenth at least.</param>
internal sealed record Change(string Name, double Before, double Now, bool IsRatio, double Gain, bool IsWorse)
{
    private const double LeastLoss = 0.1;

    /// <summary>Compares the rows that both runs have. Ratios are compared where there are any: they hold on another machine too.</summary>
    /// <param name="earlier">The run before.</param>
    /// <param name="now">The run now.</param>
    public static IReadOnlyList<Change> Between(SuiteReport earlier, SuiteReport now) =>
    [
        .. now.Rows.Join(earlier.Rows, row => row.Name, row => row.Name, Of).OfType<Change>(),
    ];

    private static Change? Of(RowReport now, RowReport before)
    {
        var isRatio = now.Ratio is not null && before.Ratio is not null;
        if ((isRatio ? before.Ratio : before.Ours) is not { } then || (isRatio ? now.Ratio : now.Ours) is not { } value)
        {
            return null;
        }

        var gain = now.HigherIsBetter ? value / then : then / value;
        var slack = Math.Max(LeastLoss, Math.Max(now.Spread, before.Spread));
        return new Change(now.Name, then, value, isRatio, gain, gain < 1 / (1 + slack));
    }
}
