using System.Globalization;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Report;
using Spectre.Console;

namespace RaftCluster.Chaos.Runs;

/// <summary>A run from its command line to its verdict.</summary>
internal static class RunSuite
{
    /// <summary>A file has no width: nothing is wrapped for it.</summary>
    private const int FileWidth = 1_000;

    /// <summary>Runs it.</summary>
    /// <returns>One of <see cref="Verdicts"/>.</returns>
    public static async Task<int> RunAsync(RunOptions options, IReadOnlyList<PlannedFault>? scenario, IReadOnlyList<Fault> asked, CancellationToken stop)
    {
        var console = Open();
        Directory.CreateDirectory(options.Folder);
        try
        {
            var machine = await Machine.ProbeAsync(Path.Combine(options.Folder, "probe"));
            var skipped = asked.Select(fault => (fault.Name, WhyNot: fault.WhyNot(machine))).Where(each => each.WhyNot is not null).ToList();
            var faults = asked.Where(fault => fault.WhyNot(machine) is null).ToList();
            Announce(console, options, faults, skipped!);
            var program = options.NodeDll is { } dll ? new NodeProgram(Path.GetFullPath(dll)) : NodeProgram.Find();
            var record = new RunRecord
            {
                At = DateTimeOffset.UtcNow,
                Command = options.Command,
                Seed = options.Seed,
                Nodes = [.. Enumerable.Range(1, options.Nodes).Select(number => $"n{number}")],
                Skipped = skipped.ToDictionary(each => each.Name, each => each.WhyNot!),
            };
            var plan = scenario?.Where(planned => faults.Contains(planned.Fault)).ToList()
                ?? Schedule.Of(faults, options.Time, new Random(options.Seed));
            await using (var run = await ChaosRun.CreateAsync(options, record, faults, program, stop))
            {
                await LiveView.ShowAsync(console, run, run.RunAsync(plan));
            }

            return Conclude(console, options.Folder, stop.IsCancellationRequested);
        }
        catch (HarnessException unable)
        {
            console.MarkupLineInterpolated($"[red]unknown[/]: {unable.Message}");
            return Verdicts.Unknown;
        }
    }

    /// <summary>Judges the history in a folder again.</summary>
    /// <returns>One of <see cref="Verdicts"/>.</returns>
    public static int Check(string folder)
    {
        var console = Open();
        try
        {
            return Conclude(console, folder, wasInterrupted: false);
        }
        catch (Exception unable) when (unable is HarnessException or IOException)
        {
            console.MarkupLineInterpolated($"[red]unknown[/]: {unable.Message}");
            return Verdicts.Unknown;
        }
    }

    private static int Conclude(IAnsiConsole console, string folder, bool wasInterrupted)
    {
        var history = new RunHistory(Journal.Read(Path.Combine(folder, ChaosRun.HistoryName)));
        var judged = Judgement.Of(history);
        var report = new RunReport(history, judged, folder);
        report.Save();
        console.WriteLine();
        console.Write(Markup.FromInterpolated($"verdict: [{(judged.Verdict == "ok" ? "green" : "red")}]{judged.Verdict}[/]"));
        console.WriteLine(report.InOneLine);
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
        return wasInterrupted && judged.ExitCode == Verdicts.Ok ? Verdicts.Interrupted : judged.ExitCode;
    }

    private static void Announce(
        IAnsiConsole console, RunOptions options, List<Fault> faults, List<(string Name, string WhyNot)> skipped)
    {
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Nodes} nodes, {options.Time.TotalSeconds:0} s, seed {options.Seed}, {faults.Count} kinds of faults; {options.Folder}"));
        foreach (var same in skipped.GroupBy(each => each.WhyNot))
        {
            console.MarkupLineInterpolated($"[yellow]skipped[/]: {string.Join(", ", same.Select(each => each.Name))}: {same.Key}");
        }
    }

    private static IAnsiConsole Open()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = FileWidth;
        }

        return console;
    }
}
