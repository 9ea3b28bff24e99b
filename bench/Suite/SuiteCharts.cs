using System.Globalization;
using System.Xml.Linq;
using RaftCluster.Bench.Report;

namespace RaftCluster.Bench.Suite;

/// <summary>The charts of a run.</summary>
internal static class SuiteCharts
{
    private const double Left = 350;
    private const double Right = 150;
    private const double Width = 950;
    private const double Top = 48;
    private const double Step = 26;

    /// <summary>
    /// How many times better than etcd each row is, on a scale where twice as good is as far to the right as half as good is to
    /// the left, with a mark where it is wanted.
    /// </summary>
    public static XElement Ratios(IReadOnlyList<Judgement> judgements)
    {
        var rows = judgements.Where(judgement => judgement.Ratio is > 0).ToList();
        var gains = rows.Select(judgement => (Now: Gain(judgement, judgement.Ratio!.Value), Wanted: Gain(judgement, judgement.Row.Factor))).ToList();
        var most = Math.Max(2, gains.SelectMany(gain => (double[])[gain.Now, gain.Wanted, 1 / gain.Now]).DefaultIfEmpty(2).Max());
        var least = Math.Min(0.5, gains.Select(gain => gain.Now).DefaultIfEmpty(0.5).Min());
        double X(double gain) => Left + ((Width - Left - Right) * Math.Log(gain / least) / Math.Log(most / least));
        var bottom = Top + (rows.Count * Step);
        var shapes = new List<XElement>();
        for (var power = (int)Math.Ceiling(Math.Log2(least)); power <= Math.Log2(most); power++)
        {
            var x = X(Math.Pow(2, power));
            shapes.Add(Svg.Line(x, Top, x, bottom, power == 0 ? Svg.Ink : "#e5e7eb"));
            shapes.Add(Svg.Label(x, bottom + 16, power < 0 ? $"1/{1 << -power}" : (1 << power).ToString(CultureInfo.InvariantCulture), "middle"));
        }

        for (var at = 0; at < rows.Count; at++)
        {
            var (y, (now, wanted)) = (Top + (at * Step), gains[at]);
            shapes.Add(Svg.Label(Left - 8, y + 17, TitleOf(rows[at]), "end"));
            shapes.Add(Svg.Rectangle(X(Math.Min(1, now)), y + 5, X(Math.Max(1, now)) - X(Math.Min(1, now)), Step - 10, Colour(rows[at].Verdict)));
            shapes.Add(Svg.Line(X(wanted), y + 2, X(wanted), y + Step - 2, "#111827", 3));
            shapes.Add(Svg.Label(Width - Right + 8, y + 17, $"{SuiteMarkdown.Figure(now)}, {SuiteMarkdown.Words(rows[at].Verdict).Trim('*')}", "start"));
        }

        shapes.Add(Svg.Label(Left, bottom + 36, "times better than etcd; the black mark is what is wanted", "start"));
        return Svg.Picture(Width, bottom + 48, "How many times better than etcd", shapes);
    }

    /// <summary>The rates of both products, row by row.</summary>
    public static XElement Throughput(IReadOnlyList<Judgement> judgements)
    {
        var rows = judgements.Where(judgement => judgement.Row is LoadRow && judgement.Ours.Count > 0).ToList();
        var most = rows.SelectMany(judgement => judgement.Ours.Concat(judgement.Etcd)).Select(sample => sample.Value).DefaultIfEmpty(1).Max();
        var shapes = new List<XElement>();
        var y = Top;
        foreach (var judgement in rows)
        {
            shapes.Add(Svg.Label(Left - 8, y + 20, TitleOf(judgement), "end"));
            foreach (var (samples, colour) in ((IReadOnlyList<Sample>, string)[])[(judgement.Ours, Svg.Ours), (judgement.Etcd, Svg.Other)])
            {
                if (samples.Count > 0)
                {
                    var rate = Statistics.Median(samples.Select(sample => sample.Value));
                    var length = (Width - Left - Right) * rate / most;
                    shapes.Add(Svg.Rectangle(Left, y + 3, length, 11, colour));
                    shapes.Add(Svg.Label(Left + length + 6, y + 13, $"{SuiteMarkdown.Figure(rate)} {judgement.Row.Unit}", "start", size: 11));
                }

                y += 13;
            }

            y += 8;
        }

        shapes.Add(Svg.Rectangle(Left, y + 8, 12, 12, Svg.Ours));
        shapes.Add(Svg.Label(Left + 18, y + 18, "this product", "start"));
        shapes.Add(Svg.Rectangle(Left + 120, y + 8, 12, 12, Svg.Other));
        shapes.Add(Svg.Label(Left + 138, y + 18, "etcd", "start"));
        return Svg.Picture(Width, y + 32, "Throughput", shapes);
    }

    private static string TitleOf(Judgement judgement) =>
        judgement.Row.Title + (judgement.Row is LoadRow { IsGateway: true } ? " (gateway)" : "");

    private static double Gain(Judgement judgement, double ratio) => judgement.Row.Better == Better.Higher ? ratio : 1 / ratio;

    private static string Colour(Verdict verdict) => verdict switch
    {
        Verdict.Reached => "#059669",
        Verdict.Missed => "#dc2626",
        _ => Svg.Other,
    };
}
