using System.Globalization;
using System.Xml.Linq;

namespace RaftCluster.Bench.Report;

/// <summary>Lines over two logarithmic scales, where twice as much is as far everywhere. What is 0 stands at the left edge.</summary>
internal static class LineChart
{
    private const double Width = 760;
    private const double Height = 380;
    private const double Left = 80;
    private const double Right = 150;
    private const double Top = 44;
    private const double Bottom = 44;

    private static readonly string[] _colours = [Svg.Ours, "#dc2626", "#059669", "#d97706"];

    /// <summary>Draws it.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="lines">Up to four; what is not above 0 on the upright scale is left out.</param>
    public static XElement Of(string title, IReadOnlyList<Line> lines)
    {
        var points = lines.SelectMany(line => line.Points).Where(point => point.Y > 0).ToList();
        var (leastX, mostX) = Range(points.Select(point => Math.Max(1, point.X)));
        var (leastY, mostY) = Range(points.Select(point => point.Y));
        double X(double x) => Left + ((Width - Left - Right) * Math.Log(Math.Max(1, x) / leastX) / Math.Log(mostX / leastX));
        double Y(double y) => Height - Bottom - ((Height - Top - Bottom) * Math.Log(y / leastY) / Math.Log(mostY / leastY));

        var shapes = new List<XElement>();
        foreach (var y in Steps(leastY, mostY))
        {
            shapes.Add(Svg.Line(Left, Y(y), Width - Right, Y(y), "#e5e7eb"));
            shapes.Add(Svg.Label(Left - 6, Y(y) + 4, y.ToString("#,0.##", CultureInfo.InvariantCulture), "end"));
        }

        foreach (var x in points.Select(point => point.X).Distinct())
        {
            shapes.Add(Svg.Line(X(x), Height - Bottom, X(x), Height - Bottom + 4, Svg.Ink));
            shapes.Add(Svg.Label(X(x), Height - Bottom + 18, Short(x), "middle", size: 11));
        }

        shapes.Add(Svg.Line(Left, Height - Bottom, Width - Right, Height - Bottom, Svg.Ink));
        for (var at = 0; at < lines.Count; at++)
        {
            var colour = _colours[at % _colours.Length];
            var drawn = lines[at].Points.Where(point => point.Y > 0).Select(point => (X(point.X), Y(point.Y))).ToList();
            shapes.AddRange(Svg.Curve(drawn, colour));
            shapes.Add(Svg.Rectangle(Width - Right + 16, Top + (at * 20), 12, 12, colour));
            shapes.Add(Svg.Label(Width - Right + 34, Top + (at * 20) + 11, lines[at].Name, "start"));
        }

        return Svg.Picture(Width, Height, title, shapes);
    }

    /// <summary>1, 2 and 5 of every power of ten in a range.</summary>
    private static IEnumerable<double> Steps(double least, double most)
    {
        for (var power = Math.Pow(10, Math.Floor(Math.Log10(least))); power <= most; power *= 10)
        {
            foreach (var step in (double[])[power, 2 * power, 5 * power])
            {
                if (step >= least && step <= most)
                {
                    yield return step;
                }
            }
        }
    }

    private static (double Least, double Most) Range(IEnumerable<double> values)
    {
        var (least, most) = values.Aggregate((Least: double.MaxValue, Most: 0d), (range, value) => (Math.Min(range.Least, value), Math.Max(range.Most, value)));
        return most == 0 ? (1, 10) : least == most ? (least / 2, most * 2) : (least, most);
    }

    private static string Short(double x) => x switch
    {
        >= 1_000_000 and var large when large % 1_000_000 == 0 => $"{large / 1_000_000:0}M",
        >= 1_000 and var large when large % 1_000 == 0 => $"{large / 1_000:0}k",
        >= 1_048_576 and var large => $"{large / 1_048_576:0}Mi",
        >= 1_024 and var large => $"{large / 1_024:0}Ki",
        _ => x.ToString("0", CultureInfo.InvariantCulture),
    };

    /// <summary>A line.</summary>
    /// <param name="Name">What it is of.</param>
    /// <param name="Points">From left to right.</param>
    public sealed record Line(string Name, IReadOnlyList<(double X, double Y)> Points);
}
