using System.Globalization;
using System.Text;
using RaftCluster.Bench.Report;

namespace RaftCluster.Bench.Suite;

/// <summary>A run as people read it.</summary>
internal static class SuiteMarkdown
{
    /// <summary>From this share of the generator's ceiling on, a rate says as much of the generator as of the product.</summary>
    private const double NearCeiling = 0.7;

    /// <summary>The page.</summary>
    /// <param name="report">The run.</param>
    /// <param name="judgements">Its rows.</param>
    /// <param name="changes">What became of them since an earlier run; null when there is none to compare with.</param>
    public static string Of(SuiteReport report, IReadOnlyList<Judgement> judgements, IReadOnlyList<Change>? changes)
    {
        var text = new StringBuilder();
        Head(text, report, judgements);
        Lines(text, judgements);
        Plainly(text, judgements);
        Details(text, judgements);
        Ceilings(text, report, judgements);
        Machine(text, report, judgements);
        if (changes is not null)
        {
            Changes(text, changes);
        }

        return text.ToString();
    }

    /// <summary>A verdict, in words.</summary>
    public static string Words(Verdict verdict) => verdict switch
    {
        Verdict.Reached => "reached",
        Verdict.Missed => "**missed**",
        Verdict.TooNoisy => "too noisy to judge",
        _ => "no etcd to compare with",
    };

    /// <summary>A figure with as many digits as it deserves.</summary>
    public static string Figure(double value) => value.ToString(
        Math.Abs(value) >= 100 ? "N0" : Math.Abs(value) >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    private static void Head(StringBuilder text, SuiteReport report, IReadOnlyList<Judgement> judgements)
    {
        text.AppendLine("# Beside etcd");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `bench suite` on {report.At:yyyy-MM-dd HH:mm} UTC: {report.Processors} processors, {report.System}. Both products and the load share");
        text.AppendLine(CultureInfo.InvariantCulture, $"this machine and its disk, as their defaults make them, three nodes each unless said otherwise; keys of 32 bytes, values of 256;");
        text.AppendLine(CultureInfo.InvariantCulture, $"rounds of {report.Seconds:0.#} s, one product after the other, the order turned round each time. Figures are medians of the repeats.");
        var repeats = judgements.Select(judgement => judgement.Ours.Count).DefaultIfEmpty().Min();
        if (repeats < Condition.EnoughRepeats)
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"**A glance, not a measurement**: some rows were measured {repeats} time{(repeats == 1 ? "" : "s")} only, and so few repeats agree by chance.");
        }

        text.AppendLine();
    }

    private static void Lines(StringBuilder text, IReadOnlyList<Judgement> judgements)
    {
        text.AppendLine("| What | Beside | This | etcd | Ratio | of the repeats | Wanted | Verdict |");
        text.AppendLine("|---|---|--:|--:|--:|--:|---|---|");
        foreach (var judgement in judgements)
        {
            var row = judgement.Row;
            text.AppendLine(CultureInfo.InvariantCulture, $"| {row.Title} | {row.Beside} | {Median(judgement.Ours)} {row.Unit} | {Median(judgement.Etcd)} | {(judgement.Ratio is { } ratio ? Figure(ratio) : "–")} | {Range(judgement)} | {row.Target} | {Words(judgement.Verdict)} |");
        }

        text.AppendLine();
        text.AppendLine("![How many times better than etcd](ratios.svg)");
        text.AppendLine();
        if (judgements.Any(judgement => judgement.Row is LoadRow))
        {
            text.AppendLine("![Throughput of both](throughput.svg)");
            text.AppendLine();
        }
    }

    private static void Plainly(StringBuilder text, IReadOnlyList<Judgement> judgements)
    {
        var missed = judgements.Where(judgement => judgement.Verdict == Verdict.Missed).ToList();
        if (missed.Count > 0)
        {
            text.AppendLine("## Missed");
            text.AppendLine();
            foreach (var judgement in missed)
            {
                var broken = judgement.Conditions.Where(condition => !condition.Holds).Select(condition => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{condition.What} {Figure(condition.Ratio)} of etcd's, {(condition.IsLeast ? "at least" : "at most")} {condition.Bound:0.##} wanted"));
                text.AppendLine(CultureInfo.InvariantCulture, $"- {judgement.Row.Title} ({judgement.Row.Beside}): {string.Join("; ", broken)}.");
            }

            text.AppendLine();
        }

        foreach (var (product, samples) in judgements.SelectMany(judgement => judgement.Ours.Concat(judgement.Etcd))
            .Where(sample => sample.Errors > 0).GroupBy(sample => (sample.Product, sample.Row)).Select(group => (group.Key, group.ToList())))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{product.Product} had {samples.Sum(sample => sample.Errors):N0} errors in {product.Row}, the last: {samples[^1].LastError}");
            text.AppendLine();
        }
    }

    private static void Details(StringBuilder text, IReadOnlyList<Judgement> judgements)
    {
        text.AppendLine("## Each product");
        text.AppendLine();
        text.AppendLine("| Row | Product | Median | Least | Most | Repeats | p50 ms | p99 ms | Servers µs/request |");
        text.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var samples in judgements.SelectMany(judgement => (IReadOnlyList<Sample>[])[judgement.Ours, judgement.Etcd]).Where(samples => samples.Count > 0))
        {
            string Of(Func<Sample, double?> figure) =>
                samples.Select(figure).OfType<double>().ToList() is { Count: > 0 } values ? Figure(Statistics.Median(values)) : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"| {samples[0].Row} | {samples[0].Product} | {Median(samples)} | {Figure(samples.Min(sample => sample.Value))} | {Figure(samples.Max(sample => sample.Value))} | {samples.Count} | {Of(sample => sample.P50)} | {Of(sample => sample.P99)} | {Of(sample => sample.ServerMicroseconds)} |");
        }

        text.AppendLine();
    }

    private static void Ceilings(StringBuilder text, SuiteReport report, IReadOnlyList<Judgement> judgements)
    {
        if (report.Ceilings.Count == 0)
        {
            return;
        }

        text.AppendLine("## The load generator's own ceiling");
        text.AppendLine();
        text.AppendLine("Against a server that answers at once and stores nothing. No product can look faster than this from here.");
        text.AppendLine();
        text.AppendLine("| Protocol | Clients | Requests/s | p50 ms | p99 ms |");
        text.AppendLine("|---|--:|--:|--:|--:|");
        foreach (var ceiling in report.Ceilings)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {ceiling.Protocol} | {ceiling.Clients} | {ceiling.Rate:N0} | {Figure(ceiling.P50)} | {Figure(ceiling.P99)} |");
        }

        text.AppendLine();
        foreach (var judgement in judgements.Where(judgement => judgement.Row is LoadRow { KeysOfRequest: 1 } && judgement.Ours.Count > 0))
        {
            var ceiling = report.Ceilings.FirstOrDefault(ceiling => ceiling.Protocol == "HTTP/1.1" && ceiling.Clients == ((LoadRow)judgement.Row).Clients);
            var rate = Statistics.Median(judgement.Ours.Select(sample => sample.Value));
            if (ceiling is not null && rate > NearCeiling * ceiling.Rate)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{judgement.Row.Title}: {rate / ceiling.Rate:0%} of the ceiling, so that the generator holds this product's figure down.");
                text.AppendLine();
            }
        }
    }

    private static void Machine(StringBuilder text, SuiteReport report, IReadOnlyList<Judgement> judgements)
    {
        text.AppendLine("## The machine meanwhile");
        text.AppendLine();
        var complaining = judgements.Where(judgement => judgement.Complaints.Count > 0).ToList();
        text.AppendLine(complaining.Count == 0
            ? "Quiet: before and after every row its processors and its disk gave what they give at their best."
            : string.Create(CultureInfo.InvariantCulture, $"Not quiet, in {complaining.Count} of {judgements.Count} rows. A verdict stands there only where every repeat says the same:"));
        text.AppendLine();
        foreach (var judgement in complaining)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"- {judgement.Row.Name}: {string.Join("; ", judgement.Complaints)}");
        }

        if (complaining.Count > 0)
        {
            text.AppendLine();
        }

        foreach (var judgement in judgements.Where(judgement =>
            judgement.Row is not GapRow && Math.Max(Judgement.Spread(judgement.Ours), Judgement.Spread(judgement.Etcd)) > Judgement.MostSpread))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"The repeats of {judgement.Row.Name} lie up to {Math.Max(Judgement.Spread(judgement.Ours), Judgement.Spread(judgement.Etcd)):0%} apart.");
            text.AppendLine();
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"Probes: {report.Probes.Min(probe => probe.Spin) / 1e9:0.00} to {report.Probes.Max(probe => probe.Spin) / 1e9:0.00} billion turns of a loop a second on all processors; {report.Probes.Min(probe => probe.SyncMilliseconds):0.00} to {report.Probes.Max(probe => probe.SyncMilliseconds):0.00} ms for a sync of 4 KiB.");
    }

    private static void Changes(StringBuilder text, IReadOnlyList<Change> changes)
    {
        text.AppendLine();
        text.AppendLine("## Since the earlier run");
        text.AppendLine();
        text.AppendLine("| Row | Compared | Before | Now | Times better |  |");
        text.AppendLine("|---|---|--:|--:|--:|---|");
        foreach (var change in changes)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {change.Name} | {(change.IsRatio ? "ratio to etcd" : "this product")} | {Figure(change.Before)} | {Figure(change.Now)} | {change.Gain:0.00} | {(change.IsWorse ? "**worse**" : "")} |");
        }
    }

    private static string Median(IReadOnlyList<Sample> samples) =>
        samples.Count == 0 ? "–" : Figure(Statistics.Median(samples.Select(sample => sample.Value)));

    private static string Range(Judgement judgement) => judgement.Conditions is [{ Repeats: { Count: > 1 } ratios }, ..]
        ? $"{Figure(ratios.Min())}–{Figure(ratios.Max())}"
        : "";
}
