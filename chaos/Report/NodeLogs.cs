using System.Globalization;
using System.Text.RegularExpressions;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Report;

/// <summary>What nodes said around some operations.</summary>
internal static partial class NodeLogs
{
    private const int MostLines = 60;

    private static readonly TimeSpan _around = TimeSpan.FromSeconds(1);

    /// <summary>The lines of all nodes' logs from a second before the first to a second after the last, in the order of time.</summary>
    public static IEnumerable<string> Around(RunHistory history, string folder, IReadOnlyList<Operation> operations)
    {
        if (history.Run is not { } run)
        {
            return [];
        }

        var from = run.At + TimeSpan.FromMicroseconds(operations.Min(operation => operation.Begin)) - _around;
        var to = run.At + TimeSpan.FromMicroseconds(operations.Max(operation => operation.End)) + _around;
        var lines = run.Nodes
            .Select(node => (Node: node, Path: Path.Combine(folder, $"{node}.out")))
            .Where(log => File.Exists(log.Path))
            .SelectMany(log => File.ReadLines(log.Path).Select(line => (At: TimeOf(line), Line: $"{log.Node}: {line}")))
            .Where(line => line.At >= from && line.At <= to)
            .OrderBy(line => line.At)
            .Select(line => line.Line)
            .ToList();
        return lines.Count <= MostLines
            ? lines
            : [.. lines.Take(MostLines / 2), $"… {lines.Count - MostLines} more lines …", .. lines.TakeLast(MostLines / 2)];
    }

    private static DateTimeOffset? TimeOf(string line) => TimeForm().Match(line) is { Success: true } match
        && DateTimeOffset.TryParse(match.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z?")]
    private static partial Regex TimeForm();
}
