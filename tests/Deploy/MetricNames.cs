using System.Text.RegularExpressions;
using RaftCluster.Node.Metrics;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Tests.Deploy;

/// <summary>The names of metrics in a text.</summary>
internal static partial class MetricNames
{
    private static readonly HashSet<string> _known =
    [
        .. Series.All.Where(series => series.Kind != SeriesKind.Histogram).Select(series => series.Name),
        .. Series.All.Where(series => series.Kind == SeriesKind.Histogram)
            .SelectMany(series => new[] { "", "_bucket", "_sum", "_count" }.Select(part => series.Name + part)),
        .. Series.OfTheLibrary.Select(series => series.Name),
        .. RecordName().Matches(File.ReadAllText(Path.Combine(Repository.Root, "deploy/prometheus/rules/recording.yml"))).Select(match => match.Groups[1].Value),
    ];

    /// <summary>Names that look like a node's metric, or a rule's, and are none.</summary>
    public static IEnumerable<string> UnknownIn(string text) =>
        Name().Matches(text).Select(match => match.Value).Where(name => !_known.Contains(name)).Distinct();

    [GeneratedRegex(@"\b(raftcluster[_:][a-z0-9_:]*[a-z0-9]|process_[a-z_]+|dotnet_[a-z_]+)\b")]
    private static partial Regex Name();

    [GeneratedRegex(@"- record: (\S+)\n")]
    private static partial Regex RecordName();
}
