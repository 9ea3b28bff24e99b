using System.Globalization;
using System.Text;

namespace RaftCluster.Bench.Report;

/// <summary>The results as people read them.</summary>
internal static class Table
{
    /// <summary>A Markdown table with a line for each product under each load, and what to distrust below it.</summary>
    public static string Markdown(IReadOnlyList<Summary> summaries)
    {
        var text = new StringBuilder();
        text.AppendLine("| work | via | clients | product | ops/s | p50 ms | p99 ms | errors | servers µs/op | spread | beside etcd |");
        text.AppendLine("|---|---|--:|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var summary in summaries)
        {
            var m = summary.Median;
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {m.Work} | {m.Via} | {m.Clients} | {m.Product} ({m.Protocol}) | {m.OperationsPerSecond:N0} | {m.MedianMilliseconds:0.00} | {m.P99Milliseconds:0.00} | {summary.Errors} | {m.ServerMicrosecondsPerOperation:0} | {summary.Spread:0%}{(summary.Noisy ? " !" : "")} | {Beside(summary, summaries)} |");
        }

        var noisy = summaries.Count(summary => summary.Noisy);
        if (noisy > 0)
        {
            text.AppendLine();
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"The machine was noisy: in {noisy} of {summaries.Count} lines (!) the repeats lie more than 15% apart, or other programs used more than 0.15 processors (at most {summaries.Max(summary => summary.OtherProcessors):0.00}).");
        }

        foreach (var failing in summaries.Where(summary => summary.Errors > 0 && summary.Median.LastError is not null))
        {
            var m = failing.Median;
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"{m.Product}, {m.Work}, {m.Clients} clients: {m.LastError}");
        }

        return text.ToString();
    }

    private static string Beside(Summary summary, IReadOnlyList<Summary> summaries)
    {
        var m = summary.Median;
        var etcd = summaries.FirstOrDefault(other =>
            other.Median is { Product: "etcd", OperationsPerSecond: > 0 } e && (e.Work, e.Via, e.Clients) == (m.Work, m.Via, m.Clients));
        return etcd is null || etcd == summary
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{m.OperationsPerSecond / etcd.Median.OperationsPerSecond:0.0}×");
    }
}
