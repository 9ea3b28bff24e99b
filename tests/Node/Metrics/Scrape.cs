using System.Globalization;
using System.Text.RegularExpressions;
using RaftCluster.Tests.Node.Http;

namespace RaftCluster.Tests.Node.Metrics;

/// <summary>What a node answered to <c>GET /metrics</c>, in Prometheus's text format.</summary>
internal sealed partial class Scrape
{
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);

    private Scrape(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Comment().Match(line) is { Success: true } comment)
            {
                (comment.Groups["what"].Value == "HELP" ? Help : Types).Add(comment.Groups["name"].Value, comment.Groups["rest"].Value);
                continue;
            }

            var at = line.LastIndexOf(' ');
            _values.Add(line[..at], double.Parse(line[(at + 1)..], CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Metric → what it means.</summary>
    public Dictionary<string, string> Help { get; } = new(StringComparer.Ordinal);

    /// <summary>Metric → counter, gauge or histogram.</summary>
    public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

    /// <summary>All time series, as they are written: the name, and the labels in braces.</summary>
    public IReadOnlyCollection<string> Series => _values.Keys;

    /// <summary>A time series' value; null when there is none.</summary>
    public double? this[string series] => _values.TryGetValue(series, out var value) ? value : null;

    /// <summary>How many time series a metric has, a histogram's buckets among them.</summary>
    public int Count(string metric) => _values.Keys.Count(series =>
        NameOf(series) is var name && (name == metric || (Types.GetValueOrDefault(metric) == "histogram" && name[..name.LastIndexOf('_')] == metric)));

    public static string NameOf(string series) => series.IndexOf('{') is >= 0 and var at ? series[..at] : series;

    public static Scrape Read(string text) => new(text);

    public static async Task<Scrape> OfAsync(TestNode node)
    {
        var answer = await node.GetAsync("/metrics");
        Assert.Equal(200, answer.Status);
        return Read(answer.Text);
    }

    [GeneratedRegex("^# (?<what>HELP|TYPE) (?<name>[^ ]+) (?<rest>.*)$")]
    private static partial Regex Comment();
}
