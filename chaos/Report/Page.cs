using System.Text.Json;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Report;

/// <summary>The page: one file that needs nothing else, with its data inside.</summary>
internal static class Page
{
    private const int MostOpen = 2_000;

    /// <summary>Makes it.</summary>
    public static string Of(RunHistory history, Judgement judged, IReadOnlyList<Gap> gaps, IReadOnlyList<Figure> figures, string summary)
    {
        using var stream = typeof(Page).Assembly.GetManifestResourceStream("page.html")!;
        using var reader = new StreamReader(stream);
        var data = JsonSerializer.Serialize(
            new
            {
                verdict = judged.Verdict,
                command = history.Run?.Command,
                nodes = history.Run?.Nodes ?? [],
                end = history.Operations.Select(operation => operation.End).Concat(history.Faults.Select(fault => fault.End)).DefaultIfEmpty(1).Max(),
                faults = history.Faults.Select(fault => new
                {
                    fault.Fault,
                    fault.Nodes,
                    fault.Begin,
                    fault.End,
                    Effect = fault.Effect.ToString(),
                    fault.Detail,
                    WriteGap = gaps.FirstOrDefault(gap => gap.Fault == fault)?.Write,
                }),
                roles = history.Views.GroupBy(view => view.Node).ToDictionary(node => node.Key, Roles),
                rates = Rates(history),
                unknown = history.Operations.Where(operation => operation.IsOpen).Take(MostOpen).Select(operation => new[] { operation.Begin, operation.End }),
                violations = judged.Violations.Select(violation => new
                {
                    Text = violation.ToString(),
                    At = violation.Evidence.Select(operation => operation.Begin).DefaultIfEmpty(-1).Max(),
                    Evidence = violation.Evidence.Select(operation => operation.ToString()),
                }),
                figures = figures.Select(figure => new { figure.Name, figure.Reached, figure.Target, Mark = RunReport.Mark(figure) }),
                summary,
            },
            JsonSerializerOptions.Web);

        // Inside a script nothing may look like its end.
        return reader.ReadToEnd().Replace("\"DATA\"", data.Replace("<", "\\u003c", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>Spans of one role and term each.</summary>
    private static List<object[]> Roles(IEnumerable<ViewRecord> views)
    {
        var spans = new List<object[]>();
        ViewRecord? first = null, last = null;
        foreach (var view in views)
        {
            if (first is not null && (view.Role, view.Term) != (first.Role, first.Term))
            {
                spans.Add([first.Role, first.Term, first.Begin, last!.End]);
                first = view;
            }

            (first, last) = (first ?? view, view);
        }

        if (first is not null)
        {
            spans.Add([first.Role, first.Term, first.Begin, last!.End]);
        }

        return spans;
    }

    /// <summary>Operations that ended in each tenth of a second: done, failed, unknown.</summary>
    private static int[][] Rates(RunHistory history)
    {
        const long Tenth = 100_000;
        var length = (int)(history.Operations.Select(operation => operation.End).DefaultIfEmpty(0).Max() / Tenth) + 1;
        int[][] rates = [new int[length], new int[length], new int[length]];
        foreach (var operation in history.Operations)
        {
            rates[operation.Outcome switch { Outcome.Ok => 0, Outcome.Failed => 1, _ => 2 }][operation.End / Tenth]++;
        }

        return rates;
    }
}
