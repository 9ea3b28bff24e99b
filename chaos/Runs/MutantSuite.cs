using System.CommandLine;
using System.Globalization;
using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.Faults;
using Spectre.Console;

namespace RaftCluster.Chaos.Runs;

/// <summary>A way in which a node is wrong on purpose.</summary>
/// <param name="Name">Its name in the node.</param>
/// <param name="Faults">The faults under which it is to show.</param>
/// <param name="What">What it does.</param>
internal sealed record MutantPlan(string Name, string Faults, string What);

/// <summary><c>mutants</c>: nodes that are wrong on purpose, each of which must be caught.</summary>
internal static class MutantSuite
{
    private static readonly TimeSpan _round = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan _most = TimeSpan.FromMinutes(10);

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<MutantPlan> All =
    [
        new("acknowledge-before-flush", "power-all", "writes are acknowledged before they are synced"),
        new("read-without-barrier", "isolate-leader,pause-follower", "linearizable reads are answered from what is at hand"),
        new("ignore-fence", "pause-leader", "fences are not looked at"),
        new("forget-idempotency-keys", "kill-leader,isolate-leader", "what came of a request is soon forgotten"),
        new("count-snapshot-as-acknowledgement", "half-snapshot", "who has to be sent a snapshot counts as one that has everything"),
        new("take-stale-context", "isolate-leader,mute-leader,halves", "who waits is answered by the entry at his index, whoever's it is"),
        new("skip-change-in-feed", "none", "of the change feed, some revisions are left out"),
        new("share-request-id", "none", "two entries in a row share a request id"),
        new("restore-without-newest-vote", "kill-all,kill-majority", "a node that starts has forgotten its newest term and vote"),
        new("truncate-on-stale-request", "late-request", "repeated entries replace what stood there, and cut off what stood behind"),
        new("serve-after-disk-error", "disk-error", "a disk error is passed over"),
        new("apply-with-local-clock", "clock", "entries are applied at the time of the node's own clock"),
    ];

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var only = new Option<string?>("--only") { Description = "Names with commas between; all by default." };
        only.Validators.Add(result =>
        {
            if (Chosen(result.GetValueOrDefault<string?>()).Count == 0)
            {
                result.AddError($"--only names no mutant; they are: {string.Join(", ", All.Select(mutant => mutant.Name))}");
            }
        });
        var seed = new Option<int>("--seed") { Description = "Decides everything that is left to chance.", DefaultValueFactory = _ => 1 };
        var nodeDll = new Option<string?>("--node-dll") { Description = "A node built in the configuration Chaos, when it is not this working copy's." };
        var command = new Command(
            "mutants",
            "Runs nodes that are wrong on purpose (dotnet build src/Node -c Chaos), each until it is caught, ten minutes at most.\n\n"
            + "Exit codes: 0 all were caught, 1 one was not, 3 one can't be tried here and all others were caught, 4 no such node is built.")
        {
            only, seed, nodeDll,
        };
        command.SetAction((parsed, stop) => RunAsync(Chosen(parsed.GetValue(only)), parsed.GetValue(seed), parsed.GetValue(nodeDll), stop));
        return command;
    }

    private static List<MutantPlan> Chosen(string? names) =>
        names is null ? [.. All] : [.. All.Where(mutant => names.Split(',', StringSplitOptions.TrimEntries).Contains(mutant.Name))];

    private static async Task<int> RunAsync(List<MutantPlan> mutants, int seed, string? nodeDll, CancellationToken stop)
    {
        var console = Terminal.Open();
        var table = new Table().Border(TableBorder.Rounded).AddColumns("mutant", "what it does", "caught", "after", "by");
        var (missed, skipped) = (0, 0);
        try
        {
            var program = nodeDll is null ? NodeProgram.Find("Chaos") : new NodeProgram(Path.GetFullPath(nodeDll));
            var machine = await Machine.ProbeAsync();
            foreach (var mutant in mutants)
            {
                var faults = FaultList.Parse(mutant.Faults, out _);
                if (faults.Select(fault => fault.WhyNot(machine)).FirstOrDefault(whyNot => whyNot is not null) is { } unable)
                {
                    skipped++;
                    table.AddRow(mutant.Name, Markup.Escape(mutant.What), "[yellow]skipped[/]", "", Markup.Escape(unable));
                    continue;
                }

                var (caught, time) = await TryAsync(console, program, machine, mutant, faults, seed, stop);
                missed += caught is null ? 1 : 0;
                table.AddRow(
                    mutant.Name,
                    Markup.Escape(mutant.What),
                    caught is null ? "[red]no[/]" : "[green]yes[/]",
                    time.ToString(@"m\:ss", CultureInfo.InvariantCulture),
                    Markup.Escape(caught?.ToString() ?? ""));
            }
        }
        catch (HarnessException unable)
        {
            console.MarkupLineInterpolated($"[red]unknown[/]: {unable.Message}");
            return Verdicts.Unknown;
        }

        console.Write(table);
        return stop.IsCancellationRequested ? Verdicts.Interrupted : missed > 0 ? Verdicts.Violated : skipped > 0 ? Verdicts.Skipped : Verdicts.Ok;
    }

    private static async Task<(Promise? Caught, TimeSpan Time)> TryAsync(
        IAnsiConsole console, NodeProgram program, Machine machine, MutantPlan mutant, IReadOnlyList<Fault> faults, int seed, CancellationToken stop)
    {
        var begun = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var round = 0; System.Diagnostics.Stopwatch.GetElapsedTime(begun) + _round < _most && !stop.IsCancellationRequested; round++)
        {
            var folder = Path.Combine(Path.GetTempPath(), $"raftcluster-chaos-{mutant.Name}-{Environment.ProcessId}-{round}");
            var options = new RunOptions
            {
                Nodes = 3,
                Time = _round,
                Seed = seed + round,
                Faults = mutant.Faults,
                Folder = folder,
                NodeDll = program.Dll,
                Mutant = mutant.Name,
            };
            console.MarkupLineInterpolated($"[bold]{mutant.Name}[/], round {round + 1}");
            var judged = await RunSuite.JudgeAsync(console, machine, options, scenario: null, faults, stop);

            // What is expected is nothing to look into.
            Directory.Delete(folder, recursive: true);
            if (judged.Violations.Count > 0)
            {
                return (judged.Violations[0].Promise, System.Diagnostics.Stopwatch.GetElapsedTime(begun));
            }
        }

        return (null, System.Diagnostics.Stopwatch.GetElapsedTime(begun));
    }
}
