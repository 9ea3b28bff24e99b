using RaftCluster.Bench.Report;

namespace RaftCluster.Bench.Suite;

/// <summary>What came out for a row.</summary>
internal enum Verdict
{
    /// <summary>Every condition holds.</summary>
    Reached,

    /// <summary>A condition does not hold.</summary>
    Missed,

    /// <summary>The repeats do not agree, and the machine may be why.</summary>
    TooNoisy,

    /// <summary>One of the products was not measured.</summary>
    NotCompared,
}

/// <summary>One thing that is wanted of a row.</summary>
/// <param name="What">Of which figure.</param>
/// <param name="Ratio">This product's over etcd's.</param>
/// <param name="Bound">What the ratio is held to.</param>
/// <param name="IsLeast">Whether it must be at least that; at most, otherwise.</param>
/// <param name="Repeats">The ratio of every repeat by itself.</param>
internal sealed record Condition(string What, double Ratio, double Bound, bool IsLeast, IReadOnlyList<double> Repeats)
{
    /// <summary>Fewer repeats than this agree by chance.</summary>
    public const int EnoughRepeats = 3;

    /// <summary>Whether it holds.</summary>
    public bool Holds => Of(Ratio);

    /// <summary>Whether every repeat says the same: then noise, which meets both products, has not decided it.</summary>
    public bool IsSure => Repeats.Count >= EnoughRepeats && Repeats.All(ratio => Of(ratio) == Holds);

    private bool Of(double ratio) => IsLeast ? ratio >= Bound : ratio <= Bound;
}

/// <summary>A row with what was measured for it and what follows.</summary>
/// <param name="Row">The row.</param>
/// <param name="Ours">This product's samples.</param>
/// <param name="Etcd">etcd's.</param>
/// <param name="Conditions">What is wanted, the row's own figure first; none when one of the products was not measured.</param>
/// <param name="Complaints">What was wrong with the machine.</param>
internal sealed record Judgement(
    SuiteRow Row,
    IReadOnlyList<Sample> Ours,
    IReadOnlyList<Sample> Etcd,
    IReadOnlyList<Condition> Conditions,
    IReadOnlyList<string> Complaints)
{
    /// <summary>Repeats of one product further apart than this say more about the machine than about the product.</summary>
    public const double MostSpread = 0.25;

    /// <summary>The ratio of the row's own figure; null when one of the products was not measured.</summary>
    public double? Ratio => Conditions.Count > 0 ? Conditions[0].Ratio : null;

    /// <summary>Whether the machine deserves distrust: by its probes, or since the repeats of a product lie far apart.</summary>
    /// <remarks>The time that an election takes is a matter of chance: there a spread says nothing of the machine.</remarks>
    public bool IsNoisy => Complaints.Count > 0 || (Row is not GapRow && Math.Max(Spread(Ours), Spread(Etcd)) > MostSpread);

    /// <summary>What follows.</summary>
    /// <remarks>On a noisy machine a condition that every repeat breaks is missed and one that every repeat keeps is kept all the same.</remarks>
    public Verdict Verdict => Conditions switch
    {
        [] => Verdict.NotCompared,
        _ when Conditions.Any(condition => !condition.Holds && (condition.IsSure || !IsNoisy)) => Verdict.Missed,
        _ when IsNoisy && Conditions.Any(condition => !condition.IsSure) => Verdict.TooNoisy,
        _ => Verdict.Reached,
    };

    /// <summary>Judges a row.</summary>
    public static Judgement Of(SuiteRow row, IReadOnlyCollection<Sample> samples, IReadOnlyList<string> complaints)
    {
        var ours = samples.Where(sample => sample.Row == row.Name && sample.Product == Sample.Ours).OrderBy(sample => sample.Repeat).ToList();
        var etcd = samples.Where(sample => sample.Row == row.Name && sample.Product == Sample.Etcd).OrderBy(sample => sample.Repeat).ToList();
        return new Judgement(row, ours, etcd, ours.Count > 0 && etcd.Count > 0 ? [.. ConditionsOf(row, ours, etcd)] : [], complaints);
    }

    /// <summary>How far a product's repeats lie apart, as a share of their median.</summary>
    public static double Spread(IReadOnlyList<Sample> samples) =>
        samples.Count == 0 ? 0 : Statistics.Spread([.. samples.Select(sample => sample.Value)]);

    private static IEnumerable<Condition> ConditionsOf(SuiteRow row, List<Sample> ours, List<Sample> etcd)
    {
        if (row.Better == Better.LowerThanBest)
        {
            var best = etcd.Min(sample => sample.Value);
            yield return new Condition(
                "median beside its best",
                Statistics.Median(ours.Select(sample => sample.Value)) / best,
                row.Factor,
                IsLeast: false,
                [.. ours.Select(sample => sample.Value / best)]);
            yield break;
        }

        yield return Pairs("median", row.Factor, row.Better == Better.Higher, ours, etcd, sample => sample.Value);
        switch (row)
        {
            case LoadRow load:
                if (load.WithMedian)
                {
                    // Lower, not equal; the histogram tells times apart that differ by a 32nd.
                    yield return Pairs("p50", 1 - (1 / 64d), isLeast: false, ours, etcd, sample => sample.P50!.Value);
                }

                yield return Pairs("p99", 1, isLeast: false, ours, etcd, sample => sample.P99!.Value);
                break;
            case GapRow { WithWorst: true }:
                var worst = etcd.Max(sample => sample.Value);
                yield return new Condition(
                    "worst", ours.Max(sample => sample.Value) / worst, row.Factor, IsLeast: false, [.. ours.Select(sample => sample.Value / worst)]);
                break;
        }
    }

    private static Condition Pairs(
        string what, double bound, bool isLeast, List<Sample> ours, List<Sample> etcd, Func<Sample, double> figure) => new(
        what,
        Statistics.Median(ours.Select(figure)) / Statistics.Median(etcd.Select(figure)),
        bound,
        isLeast,
        [.. ours.Join(etcd, sample => sample.Repeat, sample => sample.Repeat, (one, other) => figure(one) / figure(other))]);
}
