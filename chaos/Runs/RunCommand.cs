using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.Network;
using Spectre.Console;

namespace RaftCluster.Chaos.Runs;

/// <summary><c>run</c>, <c>check</c> and <c>list</c>.</summary>
internal static partial class RunCommand
{
    private const string Proxies = "proxies";
    private const string Namespaces = "namespaces";

    /// <summary>Makes <c>run</c>.</summary>
    public static Command Create()
    {
        var nodes = new Option<int>("--nodes") { Description = "How many nodes: 3 or 5.", DefaultValueFactory = _ => 3 };
        nodes.AcceptOnlyFromAmong("3", "5");
        var time = new Option<TimeSpan>("--time")
        {
            Description = "How long faults are put in: 90s, 10m, 1h.",
            DefaultValueFactory = _ => TimeSpan.FromMinutes(2),
            CustomParser = result =>
            {
                if (Time(result.Tokens[0].Value) is { } time)
                {
                    return time;
                }

                result.AddError($"--time '{result.Tokens[0].Value}' is no time from 10s to 24h.");
                return default;
            },
        };
        var seed = new Option<int>("--seed") { Description = "Decides everything that is left to chance.", DefaultValueFactory = _ => 1 };
        var faults = new Option<string>("--faults") { Description = "Names with commas between (see 'list'), all, or none.", DefaultValueFactory = _ => "all" };
        faults.Validators.Add(result =>
        {
            FaultList.Parse(result.GetValueOrDefault<string>()!, out var unknown);
            if (unknown is not null)
            {
                result.AddError($"'{unknown}' is no fault; 'list' shows them all.");
            }
        });
        var scenario = new Option<string?>("--scenario") { Description = "A file that says what happens when, instead of the seed." };
        var load = new Option<int>("--load") { Description = "How many times as many clients as usual, 1 to 16.", DefaultValueFactory = _ => 1 };
        load.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 16)
            {
                result.AddError("--load is 1 to 16.");
            }
        });
        var cycles = new Option<bool>("--cycles")
        {
            Description = "Kill all nodes, and cut all power, many times as often as by turns: about half of the faults that are put in.",
        };
        var network = new Option<string>("--network")
        {
            Description = "What is between nodes: proxies of the harness, or network namespaces on a bridge (root; takes ip, nft and nsenter).",
            DefaultValueFactory = _ => Proxies,
        };
        network.AcceptOnlyFromAmong(Proxies, Namespaces);
        var folder = new Option<string?>("--folder") { Description = "A new folder for history, logs and report; by default one in the system's folder for such." };
        var nodeDll = new Option<string?>("--node-dll") { Description = "The node's program, when it is not this working copy's." };
        var mutant = new Option<string?>("--mutant") { Description = "What a node that was built for chaos does wrong on purpose; see 'mutants'." };
        var command = new Command(
            "run",
            "Starts nodes, breaks them while clients work, and judges what the clients saw.\n\n"
            + "Exit codes: 0 ok, 1 violated, 2 usage, 3 this machine has not the --network, 4 unknown, 130 interrupted and nothing wrong until then.")
        {
            nodes, time, seed, faults, scenario, load, cycles, network, folder, nodeDll, mutant,
        };
        command.SetAction((parsed, stop) =>
        {
            var options = new RunOptions
            {
                Nodes = parsed.GetValue(nodes),
                Time = parsed.GetValue(time),
                Seed = parsed.GetValue(seed),
                Faults = parsed.GetRequiredValue(faults),
                Scenario = parsed.GetValue(scenario),
                Load = parsed.GetValue(load),
                Cycles = parsed.GetValue(cycles),
                Network = parsed.GetValue(network) == Namespaces ? NetworkKind.Namespaces : NetworkKind.Proxies,
                Folder = Path.GetFullPath(parsed.GetValue(folder) ?? NewFolder()),
                NodeDll = parsed.GetValue(nodeDll),
                Mutant = parsed.GetValue(mutant),
            };
            return StartAsync(options, stop);
        });
        return command;
    }

    /// <summary>Makes <c>check</c>.</summary>
    public static Command CreateCheck()
    {
        var folder = new Argument<string>("folder") { Description = "A run's folder." };
        var command = new Command("check", "Judges a history again, without a cluster, and writes its report anew. Exit codes as of 'run'.") { folder };
        command.SetAction(parsed => RunSuite.Check(Path.GetFullPath(parsed.GetRequiredValue(folder))));
        return command;
    }

    /// <summary>Makes <c>list</c>.</summary>
    public static Command CreateList()
    {
        var command = new Command("list", "Shows all faults, and whether they can be put in here.");
        command.SetAction(async (_, _) =>
        {
            var machine = await Machine.ProbeAsync();
            var table = new Table().Border(TableBorder.Rounded).AddColumns("fault", "what it does", "here");
            foreach (var fault in FaultList.All)
            {
                table.AddRow(fault.Name, Markup.Escape(fault.What), WhyNot(fault, machine) is { } whyNot ? $"[yellow]no[/]: {Markup.Escape(whyNot)}" : "yes");
            }

            AnsiConsole.Write(table);
            return Verdicts.Ok;
        });
        return command;
    }

    /// <summary>A time as it is written on the command line.</summary>
    /// <returns>Null for none from 10 s to 24 h.</returns>
    public static TimeSpan? Time(string text)
    {
        if (TimeForm().Match(text) is not { Success: true } match
            || !double.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var time = match.Groups[2].Value switch
        {
            "h" => TimeSpan.FromHours(number),
            "m" => TimeSpan.FromMinutes(number),
            _ => TimeSpan.FromSeconds(number),
        };
        return time >= TimeSpan.FromSeconds(10) && time <= TimeSpan.FromHours(24) ? time : null;
    }

    private static string? WhyNot(Fault fault, Machine machine) =>
        fault.WhyNot(machine) ?? (fault.WhyNotIn(NetworkKind.Proxies) is null ? null : machine.WhyNoNamespaces);

    private static async Task<int> StartAsync(RunOptions options, CancellationToken stop)
    {
        if (Directory.Exists(options.Folder) && Directory.EnumerateFileSystemEntries(options.Folder).Any())
        {
            await Console.Error.WriteLineAsync($"--folder {options.Folder} is not empty: a run takes a new one");
            return Verdicts.Usage;
        }

        if (options.Scenario is not { } file)
        {
            return await RunSuite.RunAsync(options, scenario: null, FaultList.Parse(options.Faults, out _), stop);
        }

        try
        {
            var scenario = Scenario.Read(file);
            var planned = scenario.Plan();
            return await RunSuite.RunAsync(
                options with { Nodes = scenario.Nodes ?? options.Nodes, Time = planned.Max(each => each.At + each.Hold) },
                planned,
                [.. planned.Select(each => each.Fault).Distinct()],
                stop);
        }
        catch (Exception wrong) when (wrong is HarnessException or IOException)
        {
            await Console.Error.WriteLineAsync($"--scenario {file}: {wrong.Message}");
            return Verdicts.Usage;
        }
    }

    private static string NewFolder() => Path.Combine(
        Path.GetTempPath(),
        string.Create(CultureInfo.InvariantCulture, $"raftcluster-chaos-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}"));

    [GeneratedRegex(@"^(\d+(?:\.\d+)?)([smh])$")]
    private static partial Regex TimeForm();
}
