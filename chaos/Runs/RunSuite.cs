using System.Globalization;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Network;
using RaftCluster.Chaos.Report;
using Spectre.Console;

namespace RaftCluster.Chaos.Runs;

/// <summary>A run from its command line to its verdict.</summary>
internal static class RunSuite
{
    /// <summary>Runs it.</summary>
    /// <returns>One of <see cref="Verdicts"/>.</returns>
    public static async Task<int> RunAsync(RunOptions options, IReadOnlyList<PlannedFault>? scenario, IReadOnlyList<Fault> asked, CancellationToken stop)
    {
        var console = Terminal.Open();
        try
        {
            var machine = await Machine.ProbeAsync(Path.Combine(options.Folder, "probe"));
            if (options.Network == NetworkKind.Namespaces && machine.WhyNoNamespaces is { } whyNot)
            {
                console.MarkupLineInterpolated($"[yellow]skipped[/]: --network namespaces: {whyNot}");
                return Verdicts.Skipped;
            }

            var judged = await JudgeAsync(console, machine, options, scenario, asked, stop);
            return stop.IsCancellationRequested && judged.Violations.Count == 0 ? Verdicts.Interrupted : judged.ExitCode;
        }
        catch (HarnessException unable)
        {
            console.MarkupLineInterpolated($"[red]unknown[/]: {unable.Message}");
            return Verdicts.Unknown;
        }
    }

    /// <summary>Runs it, says what came of it, and judges it.</summary>
    /// <exception cref="HarnessException">The cluster did not even start.</exception>
    public static async Task<Judgement> JudgeAsync(
        IAnsiConsole console, Machine machine, RunOptions options, IReadOnlyList<PlannedFault>? scenario, IReadOnlyList<Fault> asked,
        CancellationToken stop)
    {
        Directory.CreateDirectory(options.Folder);
        var skipped = asked.Select(fault => (fault.Name, WhyNot: WhyNot(fault, machine, options)))
            .Where(each => each.WhyNot is not null).ToDictionary(each => each.Name, each => each.WhyNot!);
        var faults = asked.Where(fault => !skipped.ContainsKey(fault.Name)).ToList();
        Announce(console, options, faults, skipped);
        var program = options.NodeDll is { } dll ? new NodeProgram(Path.GetFullPath(dll)) : NodeProgram.Find();
        var record = new RunRecord
        {
            At = DateTimeOffset.UtcNow,
            Command = options.Command,
            Seed = options.Seed,
            Nodes = [.. Enumerable.Range(1, options.Nodes + (faults.Any(fault => fault is MembershipFault) ? 1 : 0)).Select(number => $"n{number}")],
            Skipped = skipped,
        };
        var plan = scenario?.Where(planned => faults.Contains(planned.Fault)).ToList()
            ?? Schedule.Of(faults, options.Time, new Random(options.Seed), options.Cycles);
        await using (var run = await ChaosRun.CreateAsync(options, record, faults, program, stop))
        {
            console.WriteLine(
                $"to look on: {string.Join(' ', run.Group.Nodes.Select(node => $"{node.Http}ui"))}; "
                + $"for Prometheus: {Path.Combine(options.Folder, Onlookers.TargetsName)}");
            await LiveView.ShowAsync(console, run, run.RunAsync(plan, options.Time));
        }

        return Conclude(console, options.Folder);
    }

    private static string? WhyNot(Fault fault, Machine machine, RunOptions options) =>
        fault.WhyNot(machine) ?? fault.WhyNotIn(options.Network)
        ?? (options.Nodes < fault.LeastNodes ? $"it takes {fault.LeastNodes} nodes" : null);

    /// <summary>Judges the history in a folder again.</summary>
    /// <returns>One of <see cref="Verdicts"/>.</returns>
    public static int Check(string folder)
    {
        var console = Terminal.Open();
        try
        {
            return Conclude(console, folder).ExitCode;
        }
        catch (Exception unable) when (unable is HarnessException or IOException)
        {
            console.MarkupLineInterpolated($"[red]unknown[/]: {unable.Message}");
            return Verdicts.Unknown;
        }
    }

    private static Judgement Conclude(IAnsiConsole console, string folder)
    {
        var history = new RunHistory(Journal.Read(Path.Combine(folder, ChaosRun.HistoryName)));
        var judged = Judgement.Of(history);
        var report = new RunReport(history, judged, folder);
        report.Save();
        console.WriteLine();
        console.Write(Markup.FromInterpolated($"verdict: [{(judged.Verdict == "ok" ? "green" : "red")}]{judged.Verdict}[/]"));
        console.WriteLine(report.InOneLine);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("figure", "here", "thirty minutes on two cores are to reach", "");
        foreach (var figure in report.Figures)
        {
            table.AddRow(Markup.Escape(figure.Name), Markup.Escape(figure.Reached), Markup.Escape(figure.Target), RunReport.Mark(figure));
        }

        console.Write(table);
        foreach (var violation in judged.Violations.Take(5))
        {
            console.WriteLine($"  {violation}");
            foreach (var operation in violation.Evidence.Take(12))
            {
                console.WriteLine($"    {operation}");
            }
        }

        if (judged.Violations.Count > 5)
        {
            console.WriteLine($"  and {judged.Violations.Count - 5} more");
        }

        foreach (var unjudged in judged.Unjudged)
        {
            console.WriteLine($"  could not be judged: {unjudged}");
        }

        if (history.Run!.Skipped.Count > 0)
        {
            console.WriteLine($"  skipped here, and so not tried: {string.Join(", ", history.Run.Skipped.Keys)}");
        }

        if (judged.Verdict != "ok")
        {
            console.WriteLine($"  again: {history.Run.Command}");
        }

        console.WriteLine($"  report: {Path.Combine(folder, RunReport.PageName)}, {RunReport.SummaryName} beside it");
        return judged;
    }

    private static void Announce(
        IAnsiConsole console, RunOptions options, List<Fault> faults, Dictionary<string, string> skipped)
    {
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Nodes} nodes, {options.Time.TotalSeconds:0} s, seed {options.Seed}, {faults.Count} kinds of faults; {options.Folder}"));
        foreach (var same in skipped.GroupBy(each => each.Value))
        {
            console.MarkupLineInterpolated($"[yellow]skipped[/]: {string.Join(", ", same.Select(each => each.Key))}: {same.Key}");
        }
    }
}
