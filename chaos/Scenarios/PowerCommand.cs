using System.CommandLine;
using System.CommandLine.Parsing;

namespace RaftCluster.Chaos.Scenarios;

/// <summary><c>power</c>: real losses of power under real writes.</summary>
internal static class PowerCommand
{
    /// <summary>Makes it.</summary>
    public static Command Create()
    {
        var runs = Number("--runs", "How many runs, each with a new cluster.", 50, 1, 100_000);
        var seed = Number("--seed", "Decides everything that is left to chance.", 1, 0, int.MaxValue);
        var first = Number("--first", "The number of the first run; with --runs 1, the one to repeat.", 1, 1, 100_000);
        var nodes = Number("--nodes", "How many nodes.", 3, 3, 5);
        var writers = Number("--writers", "How many writers.", 6, 1, 8);
        var victims = new Option<string>("--victims")
        {
            Description = "Whose power is cut: one node's, or all nodes' at once, of which only a majority comes back at first.",
            DefaultValueFactory = _ => "one",
        };
        victims.AcceptOnlyFromAmong("one", "all");
        var writing = new Option<double>("--seconds-of-writes")
        {
            Description = "How long is written before the power goes, at most.",
            DefaultValueFactory = _ => 2,
        };
        writing.Validators.Add(result => Check(result, result.GetValueOrDefault<double>() is >= 0.1 and <= 600, "is 0.1 to 600"));
        var mutant = new Option<string?>("--mutant")
        {
            Description = "no-sync: nodes whose syncs do nothing. It must be noticed, and the exit code says so.",
        };
        mutant.AcceptOnlyFromAmong("no-sync");
        var folder = new Option<string>("--folder")
        {
            Description = "Where disks and reports go, in a new folder; runs without a fault leave nothing there.",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var nodeDll = new Option<string?>("--node-dll") { Description = "The node's program, when it is not this working copy's." };
        var command = new Command(
            "power",
            "Cuts the power of nodes' disks under writes: what was not synced is gone. Then nothing that was acknowledged may be.\n\n"
            + "Exit codes: 0 nothing was broken (of a mutant: it was caught), 1 the opposite, 2 usage, 3 this machine can't (it takes\n"
            + "root, loop devices and ext4), 4 a run could not be judged.")
        {
            runs, seed, first, nodes, victims, writing, writers, mutant, folder, nodeDll,
        };
        command.SetAction((parsed, stop) => PowerSuite.RunAsync(
            new PowerOptions
            {
                Runs = parsed.GetValue(runs),
                Seed = parsed.GetValue(seed),
                First = parsed.GetValue(first),
                Nodes = parsed.GetValue(nodes),
                Victims = parsed.GetValue(victims) == "all" ? Victims.All : Victims.One,
                Writing = TimeSpan.FromSeconds(parsed.GetValue(writing)),
                Writers = parsed.GetValue(writers),
                NoSync = parsed.GetValue(mutant) is not null,
                Folder = Path.Combine(parsed.GetRequiredValue(folder), $"raftcluster-chaos-{Environment.ProcessId}"),
                NodeDll = parsed.GetValue(nodeDll),
            },
            stop));
        return command;
    }

    private static Option<int> Number(string name, string description, int value, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            var given = result.GetValueOrDefault<int>();
            Check(result, given >= least && given <= most, $"is {least} to {most}");
        });
        return option;
    }

    private static void Check(OptionResult result, bool isRight, string otherwise)
    {
        if (!isRight)
        {
            result.AddError($"{result.Option.Name} {otherwise}.");
        }
    }
}
