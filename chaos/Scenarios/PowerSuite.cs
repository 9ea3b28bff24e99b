using System.Globalization;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using Spectre.Console;

namespace RaftCluster.Chaos.Scenarios;

/// <summary>Many runs, and what they come to.</summary>
internal static class PowerSuite
{
    private const int MostShown = 5;

    /// <summary>Runs them.</summary>
    /// <returns>One of <see cref="Verdicts"/>.</returns>
    public static async Task<int> RunAsync(PowerOptions options, CancellationToken stop)
    {
        var console = Terminal.Open();
        Directory.CreateDirectory(options.Folder);
        try
        {
            if (await PowerProbe.WhyNotAsync(Path.Combine(options.Folder, "probe")) is { } whyNot)
            {
                console.MarkupLineInterpolated($"[yellow]skipped[/]: the power of a disk can't be cut here: {whyNot}");
                return Verdicts.Skipped;
            }

            console.WriteLine("self-test: after the power was cut, what was synced is there and what was not is gone");
            string? preload = null;
            if (options.NoSync)
            {
                try
                {
                    preload = await NoSyncShim.BuildAsync(options.Folder);
                }
                catch (HarnessException unable)
                {
                    console.MarkupLineInterpolated($"[yellow]skipped[/]: the mutant can't be made here: {unable.Message}");
                    return Verdicts.Skipped;
                }
            }

            var program = options.NodeDll is { } dll ? new NodeProgram(Path.GetFullPath(dll)) : NodeProgram.Find();
            var results = await RunAllAsync(options, program, preload, console, stop);
            return Conclude(options, results, console);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            console.WriteLine("interrupted: nodes ended, disks unmounted");
            return Verdicts.Interrupted;
        }
        catch (HarnessException unable)
        {
            console.MarkupLineInterpolated($"[red]unknown[/]: {unable.Message}");
            return Verdicts.Unknown;
        }
        finally
        {
            RemoveWhatIsEmpty(options.Folder);
        }
    }

    private static async Task<List<RunResult>> RunAllAsync(
        PowerOptions options, NodeProgram program, string? preload, IAnsiConsole console, CancellationToken stop)
    {
        var results = new List<RunResult>();
        for (var run = options.First; run < options.First + options.Runs; run++)
        {
            var folder = Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"run-{run:0000}"));
            Task<RunResult> RunAsync(Action<string> tell) => PowerRun.RunAsync(options, program, preload, run, folder, tell, stop);
            var result = console.Profile.Capabilities.Interactive
                ? await console.Status().StartAsync($"run {run}", status => RunAsync(doing => status.Status($"run {run}: {doing}")))
                : await RunAsync(_ => { });
            results.Add(result);
            Tell(options, result, console);
        }

        return results;
    }

    private static void Tell(PowerOptions options, RunResult result, IAnsiConsole console)
    {
        var verdict = result.IsGood ? "ok" : result.Violations.Count > 0 ? "VIOLATED" : "UNKNOWN";
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"run {result.Number}: {verdict}, {result.Story}: {result.Acknowledged} acknowledged, {result.Refused} refused, "
            + $"{result.Unknown} unknown, {result.Lost} lost, {result.Duration.TotalSeconds:0.0} s"));
        if (result.IsGood)
        {
            return;
        }

        if (result.Unjudged is { } unjudged)
        {
            console.WriteLine($"  could not be judged: {unjudged}");
        }

        foreach (var violation in result.Violations.Take(MostShown))
        {
            console.WriteLine($"  seed {options.Seed}, run {result.Number}: {violation}");
        }

        if (result.Violations.Count > MostShown)
        {
            console.WriteLine($"  and {result.Violations.Count - MostShown} more");
        }

        console.WriteLine($"  again: {options.Repeat(result.Number)}{(result.Folder is null ? "" : $"; kept: {result.Folder}")}");
    }

    private static int Conclude(PowerOptions options, List<RunResult> results, IAnsiConsole console)
    {
        var broken = results.Count(result => result.Violations.Count > 0);
        var unjudged = results.Count(result => result.Unjudged is not null);
        var lost = results.Sum(result => result.Lost);
        var table = new Table().Border(TableBorder.Rounded);
        (string Name, string Value)[] cells =
        [
            ("victims", options.Victims == Victims.All ? "all" : "one"),
            ("runs", Text(results.Count)),
            ("violated", Text(broken)),
            ("not judged", Text(unjudged)),
            ("acknowledged", Text(results.Sum(result => result.Acknowledged))),
            ("refused", Text(results.Sum(result => result.Refused))),
            ("unknown", Text(results.Sum(result => result.Unknown))),
            ("lost", Text(lost)),
            ("seconds", Text((long)results.Sum(result => result.Duration.TotalSeconds))),
        ];
        foreach (var (name, _) in cells)
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddRow([.. cells.Select(cell => cell.Value)]);
        console.Write(table);
        if (options.NoSync)
        {
            console.WriteLine(lost > 0 ? "the mutant was caught" : "the mutant was NOT caught");
            return lost > 0 ? Verdicts.Ok : Verdicts.Violated;
        }

        return broken > 0 ? Verdicts.Violated : unjudged > 0 ? Verdicts.Unknown : Verdicts.Ok;
    }

    private static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static void RemoveWhatIsEmpty(string folder)
    {
        foreach (var file in Directory.GetFiles(folder))
        {
            File.Delete(file);
        }

        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }
}
