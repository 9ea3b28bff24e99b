using System.Globalization;
using System.Text;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Report;

/// <summary>What a run came to, for people: a page with a timeline, and a summary for where there is only text.</summary>
internal sealed class RunReport(RunHistory history, Judgement judged, string folder)
{
    /// <summary>The page in a run's folder.</summary>
    public const string PageName = "report.html";

    /// <summary>The summary in a run's folder.</summary>
    public const string SummaryName = "report.md";

    /// <summary>So many violations come with what nodes said then; one cause mostly shows in many places.</summary>
    private const int MostAtLength = 5;

    private const int MostInShort = 200;

    private readonly IReadOnlyList<Gap> _gaps = Gaps.Measure(history);

    /// <summary>The figures beside those that a long run is to reach.</summary>
    public IReadOnlyList<Figure> Figures => field ??= Checks.Figures.Of(history, judged, _gaps);

    /// <summary>The figures in one line.</summary>
    public string InOneLine
    {
        get
        {
            var injected = history.Faults.Where(fault => fault.Effect == Effect.Installed).ToList();
            return string.Create(
                CultureInfo.InvariantCulture,
                $": {history.Operations.Count} operations ({Count(Outcome.Ok)} ok, {Count(Outcome.Failed)} failed, {Count(Outcome.Unknown)} unknown), "
                + $"{history.Feed.Count} events; {injected.Count} faults of {injected.DistinctBy(fault => fault.Fault).Count()} kinds, "
                + $"{injected.Count(fault => history.Faults.Any(fault.Overlaps))} overlapping, {history.Faults.Count - injected.Count} without effect; "
                + $"{judged.Violations.Count} violations, {judged.Unjudged.Count} not judged");
        }
    }

    /// <summary>Writes both.</summary>
    public void Save()
    {
        var summary = Summary();
        File.WriteAllText(Path.Combine(folder, SummaryName), summary);
        File.WriteAllText(Path.Combine(folder, PageName), Page.Of(history, judged, _gaps, Figures, summary));
    }

    private string Summary()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {judged.Verdict}{InOneLine}\n\n```\n{history.Run?.Command}\n```\n\n");
        foreach (var violation in judged.Violations.Take(MostAtLength))
        {
            text.Append(CultureInfo.InvariantCulture, $"## Violated: {violation.Promise}, {violation.Subject}\n\n");
            text.Append(CultureInfo.InvariantCulture, $"Expected {violation.Expected}; found {violation.Found}.\n\n");
            if (violation.Evidence.Count > 0)
            {
                text.Append("The operations that show it:\n\n```\n").AppendJoin('\n', violation.Evidence).Append("\n```\n\n");
                text.Append("What nodes said then:\n\n```\n").AppendJoin('\n', NodeLogs.Around(history, folder, violation.Evidence)).Append("\n```\n\n");
            }
        }

        foreach (var violation in judged.Violations.Skip(MostAtLength).Take(MostInShort))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {violation}\n");
        }

        if (judged.Violations.Count > MostAtLength + MostInShort)
        {
            text.Append(CultureInfo.InvariantCulture, $"- and {judged.Violations.Count - MostAtLength - MostInShort} more\n");
        }

        foreach (var unjudged in judged.Unjudged)
        {
            text.Append(CultureInfo.InvariantCulture, $"- not judged: {unjudged}\n");
        }

        text.Append("\n| Figure | Here | Thirty minutes on two cores are to reach | |\n|---|---:|---:|---|\n");
        foreach (var figure in Figures)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {figure.Name} | {figure.Reached} | {figure.Target} | {Mark(figure)} |\n");
        }

        text.Append("\n| Check | Looked at | Broken |\n|---|---:|---:|\n");
        foreach (var (name, looked, broken) in judged.Checks)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {looked} | {broken} |\n");
        }

        text.Append("\n| Fault | Installed | Indeterminate | Skipped | Write gap alone: median, longest | Read gap alone: median, longest |\n|---|---:|---:|---:|---:|---:|\n");
        foreach (var fault in history.Faults.GroupBy(fault => fault.Fault).OrderBy(fault => fault.Key, StringComparer.Ordinal))
        {
            var gaps = _gaps.Where(gap => gap.Fault.Fault == fault.Key && !history.Faults.Any(gap.Fault.Overlaps)).ToList();
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {fault.Key} | {Of(fault, Effect.Installed)} | {Of(fault, Effect.Indeterminate)} | {Of(fault, Effect.Skipped)} | {Times(gaps, gap => gap.Write)} | {Times(gaps, gap => gap.Read)} |\n");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"\nWith other faults in force at the same time, the longest gap was {Longest(gap => gap.Write)} of writes, {Longest(gap => gap.Read)} of reads.\n");
        if (history.Run?.Skipped.Count > 0)
        {
            text.Append("\nSkipped on this machine, and so not tried:\n\n");
            foreach (var (fault, whyNot) in history.Run.Skipped)
            {
                text.Append(CultureInfo.InvariantCulture, $"- {fault}: {whyNot}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Whether a figure is reached, in a word.</summary>
    public static string Mark(Figure figure) => figure.IsReached switch
    {
        true => "reached",
        false => "not reached",
        null => "not measured",
    };

    private string Longest(Func<Gap, long> which) =>
        string.Create(CultureInfo.InvariantCulture, $"{_gaps.Select(which).DefaultIfEmpty(0).Max() / 1e6:0.00} s");

    private int Count(Outcome outcome) => history.Operations.Count(operation => operation.Outcome == outcome);

    private static int Of(IEnumerable<FaultRecord> faults, Effect effect) => faults.Count(fault => fault.Effect == effect);

    private static string Times(List<Gap> gaps, Func<Gap, long> which)
    {
        var sorted = gaps.Select(which).Order().ToList();
        return sorted.Count == 0
            ? "–"
            : string.Create(CultureInfo.InvariantCulture, $"{sorted[(sorted.Count - 1) / 2] / 1e6:0.00} s, {sorted[^1] / 1e6:0.00} s");
    }
}
