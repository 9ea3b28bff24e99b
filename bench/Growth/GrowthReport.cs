using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using RaftCluster.Bench.Report;

namespace RaftCluster.Bench.Growth;

/// <summary>A run: as programs read it, as people do, and as pictures.</summary>
/// <param name="At">When it began.</param>
/// <param name="Processors">How many the machine has.</param>
/// <param name="Seconds">How long a round lasted.</param>
/// <param name="Repeats">How often each step was measured.</param>
/// <param name="Steps">What was measured.</param>
internal sealed record GrowthReport(DateTimeOffset At, int Processors, double Seconds, int Repeats, IReadOnlyList<GrowthStep> Steps)
{
    /// <summary>The name of a cause.</summary>
    public static string Name(Cause cause) => cause switch
    {
        Cause.Clients => "clients",
        Cause.Values => "values",
        Cause.Rows => "rows",
        Cause.Nodes => "nodes",
        _ => "readers",
    };

    /// <summary>Writes <c>growth.json</c>, <c>growth.md</c> and a chart for each cause.</summary>
    public void Write(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "growth.json"), JsonSerializer.Serialize(this, GrowthReportContext.Default.GrowthReport) + "\n");
        File.WriteAllText(Path.Combine(folder, "growth.md"), Markdown(this));
        foreach (var steps in Steps.GroupBy(step => step.Cause))
        {
            Chart(steps.Key, [.. steps]).Save(Path.Combine(folder, $"growth-{Name(steps.Key)}.svg"));
        }
    }

    /// <summary>A table for each cause.</summary>
    public static string Markdown(GrowthReport report)
    {
        var text = new StringBuilder();
        text.AppendLine("# How cost grows");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `bench growth` on {report.At:yyyy-MM-dd HH:mm} UTC: {report.Processors} processors, which the nodes and the load share; rounds of {report.Seconds:0.#} s, medians of {report.Repeats}.");
        text.AppendLine("Where nothing else is said: three nodes, 64 clients of the leader, 10,000 rows, keys of 32 bytes, values of 256.");
        foreach (var steps in report.Steps.GroupBy(step => step.Cause))
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"## {Title(steps.Key)}");
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"![{Title(steps.Key)}](growth-{Name(steps.Key)}.svg)");
            text.AppendLine();
            Lines(text, steps.Key, steps);
        }

        return text.ToString();
    }

    /// <summary>The rates of a cause's works, both scales logarithmic.</summary>
    public static XElement Chart(Cause cause, IReadOnlyList<GrowthStep> steps) => LineChart.Of(
        $"{Title(cause)}: requests a second",
        [
            .. steps.GroupBy(step => step.Work).Select(of => new LineChart.Line(
                of.Key,
                [.. of.GroupBy(step => step.At).Select(at => ((double)at.Key, Statistics.Median(at.Select(step => step.Rate))))])),
        ]);

    private static string Title(Cause cause) => cause switch
    {
        Cause.Clients => "With the clients",
        Cause.Values => "With the length of a value, in bytes",
        Cause.Rows => "With the rows",
        Cause.Nodes => "With the nodes",
        _ => "With the readers of the change feed",
    };

    private static void Lines(StringBuilder text, Cause cause, IEnumerable<GrowthStep> steps)
    {
        var hasEvents = cause == Cause.Readers;
        text.Append(CultureInfo.InvariantCulture, $"| {Name(cause)} | work | requests/s | p50 ms | p99 ms | servers µs/request | resident MiB |");
        text.AppendLine(hasEvents ? " event p50 ms |" : "");
        text.Append("|--:|---|--:|--:|--:|--:|--:|").AppendLine(hasEvents ? "--:|" : "");
        foreach (var step in steps.GroupBy(step => (step.At, step.Work)))
        {
            string Of(Func<GrowthStep, double> figure) => Suite.SuiteMarkdown.Figure(Statistics.Median(step.Select(figure)));
            text.Append(CultureInfo.InvariantCulture, $"| {step.Key.At:N0} | {step.Key.Work} | {Of(one => one.Rate)} | {Of(one => one.P50)} | {Of(one => one.P99)} | {Of(one => one.ServerMicroseconds)} | {Of(one => one.ResidentMebibytes)} |");
            text.AppendLine(!hasEvents ? "" : step.All(one => one.EventMilliseconds is null) ? "  |" : $" {Of(one => one.EventMilliseconds ?? 0)} |");
        }

        text.AppendLine();
        foreach (var failing in steps.Where(step => step.Errors > 0))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{failing.Errors} errors at {failing.At:N0}, {failing.Work}: {failing.LastError}");
            text.AppendLine();
        }

        if (steps.Max(step => step.OtherProcessors) is var others and > Suite.MachineBest.MostOthers)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"The machine was not quiet: other programs used up to {others:0.00} processors.");
        }
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(GrowthReport))]
internal sealed partial class GrowthReportContext : JsonSerializerContext;
