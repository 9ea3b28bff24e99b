using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RaftCluster.Bench.Feeds;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Recovery;
using RaftCluster.Bench.Servers;

namespace RaftCluster.Bench;

/// <summary>The command line.</summary>
internal static partial class BenchCommand
{
    /// <summary>Makes it.</summary>
    public static RootCommand Create() => new("Puts the same load on this product and on etcd, in turn.") { WholeSuite(), Growth(), Measure(), CatchUp(), Restart(), Feeds(), Gaps(), Elections(), Answer() };

    private static Command Measure()
    {
        var against = new Option<string>("--against") { Description = "The products.", DefaultValueFactory = _ => "both" };
        against.AcceptOnlyFromAmong("raft", "etcd", "both");
        var etcdApi = new Option<string>("--etcd-api") { Description = "What is spoken with etcd.", DefaultValueFactory = _ => "grpc" };
        etcdApi.AcceptOnlyFromAmong("grpc", "json");
        var duration = Span("--duration", "How long a round lasts.", "10s");
        var warmUp = Span("--warmup", "How long each product is warmed up with each work.", "3s");
        var clients = List("--clients", "How many requests are under way.", "1,16,64", name => Number(name, 1, 4_096));
        var connections = Number("--conns", "The most gRPC connections; more clients share them.", 8, 1, 4_096);
        var works = List("--work", WorkNames.All + ".", "put,get-linearizable,get-local", WorkNames.Parse);
        var vias = List("--via", "The node that is asked: leader, follower.", "leader", name => name switch
        {
            "leader" => Via.Leader,
            "follower" => Via.Follower,
            _ => throw new FormatException($"no node is called '{name}': leader, follower"),
        });
        var keySize = Number("--key-size", "Bytes in a key.", 32, 12, 120);
        var valueSize = Number("--value-size", "Bytes in a value.", 256, 1, 16_000);
        var keys = Number("--keys", "How many rows.", 10_000, WorkNames.TransactionKeys, 10_000_000);
        var repeat = Number("--repeat", "How often everything is measured.", 3, 1, 100);
        var noCeiling = new Option<bool>("--no-ceiling") { Description = "Don't measure the load generator itself." };
        var folder = new Option<string>("--folder")
        {
            Description = "Where data and logs go, in a new folder that is removed afterwards.",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var output = new Option<string?>("--output") { Description = "Where the JSON report goes." };
        var nodeDll = new Option<string?>("--node-dll") { Description = "The built node." };
        var etcd = new Option<string>("--etcd") { Description = "The etcd program.", DefaultValueFactory = _ => "etcd" };

        var command = new Command("run", "Measures.")
        {
            against, etcdApi, duration, warmUp, clients, connections, works, vias, keySize, valueSize, keys, repeat,
            noCeiling, folder, output, nodeDll, etcd,
        };
        command.Validators.Add(parsed =>
        {
            // What is not given is well, and what is wrong by itself is said already.
            if (parsed.GetResult(works) is { } given && !given.Errors.Any()
                && parsed.GetResult(valueSize) is { } size && !size.Errors.Any()
                && parsed.GetValue(works)!.Contains(Work.Transaction) && parsed.GetValue(valueSize) > WorkNames.LongestTransactionValue)
            {
                parsed.AddError($"with --work txn a value has at most {WorkNames.LongestTransactionValue} bytes");
            }
        });
        command.SetAction((parsed, stop) => OrOneLineAsync(new Run(new BenchOptions
        {
            Against = parsed.GetRequiredValue(against),
            EtcdApi = parsed.GetRequiredValue(etcdApi),
            Duration = parsed.GetValue(duration),
            WarmUp = parsed.GetValue(warmUp),
            Clients = parsed.GetRequiredValue(clients),
            Connections = parsed.GetValue(connections),
            Works = parsed.GetRequiredValue(works),
            Vias = parsed.GetRequiredValue(vias),
            KeySize = parsed.GetValue(keySize),
            ValueSize = parsed.GetValue(valueSize),
            Keys = parsed.GetValue(keys),
            Repeats = parsed.GetValue(repeat),
            Ceiling = !parsed.GetValue(noCeiling),
            Folder = Path.Combine(parsed.GetRequiredValue(folder), $"raftcluster-bench-{Environment.ProcessId}"),
            Output = parsed.GetValue(output),
            NodeDll = parsed.GetValue(nodeDll),
            EtcdProgram = parsed.GetRequiredValue(etcd),
        }).MeasureAsync(stop)));
        return command;
    }

    private static Command CatchUp()
    {
        var behind = Number("--behind", "How many MiB the follower lacks.", 1024, 1, 16_384);
        var (folder, nodeDll) = RecoveryOptions();
        var command = new Command("catch-up", "Measures how a follower that lacks a lot catches up, under load.") { behind, folder, nodeDll };
        command.SetAction(async (parsed, stop) =>
        {
            using var run = Recovery(parsed, folder, nodeDll);
            return await OrOneLineAsync(run.CatchUpAsync((long)parsed.GetValue(behind) << 20, stop));
        });
        return command;
    }

    private static Command Restart()
    {
        var rows = Number("--rows", "How many rows of 256 bytes.", 1_000_000, 1, 10_000_000);
        var (folder, nodeDll) = RecoveryOptions();
        var command = new Command("restart", "Measures how long killed nodes with many rows take until they serve.") { rows, folder, nodeDll };
        command.SetAction(async (parsed, stop) =>
        {
            using var run = Recovery(parsed, folder, nodeDll);
            return await OrOneLineAsync(run.RestartAsync(parsed.GetValue(rows), stop));
        });
        return command;
    }

    private static Command Feeds()
    {
        var readers = List("--readers", "How many readers follow ten rows each, round by round.", "0,1000", name => Number(name, 0, 10_000));
        var all = Number("--all", "How many more follow everything.", 10, 1, 1_000);
        var via = new Option<string>("--via") { Description = "The node they read from: leader, follower.", DefaultValueFactory = _ => "leader" };
        via.AcceptOnlyFromAmong("leader", "follower");
        var clients = Number("--clients", "How many writes are under way.", 64, 1, 4_096);
        var duration = Span("--duration", "How long a round lasts.", "5s");
        var repeat = Number("--repeat", "How often everything is measured.", 6, 1, 100);
        var (folder, nodeDll) = RecoveryOptions();
        var command = new Command("feeds", "Measures what readers of the change feed cost those who write.")
        {
            readers, all, via, clients, duration, repeat, folder, nodeDll,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var run = new FeedsRun(
                parsed.GetValue(nodeDll) ?? Repository.NodeDll(),
                Path.Combine(parsed.GetRequiredValue(folder), $"raftcluster-bench-{Environment.ProcessId}"));
            return await OrOneLineAsync(run.MeasureAsync(
                parsed.GetRequiredValue(readers),
                parsed.GetValue(all),
                parsed.GetValue(via) == "follower" ? Via.Follower : Via.Leader,
                parsed.GetValue(clients),
                parsed.GetValue(duration),
                parsed.GetValue(repeat),
                stop));
        });
        return command;
    }

    private static (Option<string> Folder, Option<string?> NodeDll) RecoveryOptions() => (
        new Option<string>("--folder")
        {
            Description = "Where data and logs go, in a new folder that is removed afterwards.",
            DefaultValueFactory = _ => Path.GetTempPath(),
        },
        new Option<string?>("--node-dll") { Description = "The built node." });

    private static RecoveryRun Recovery(ParseResult parsed, Option<string> folder, Option<string?> nodeDll) => new(
        parsed.GetValue(nodeDll) ?? Repository.NodeDll(),
        Path.Combine(parsed.GetRequiredValue(folder), $"raftcluster-bench-{Environment.ProcessId}"));

    private static Task<int> OrOneLineAsync(Task<int> run) => OrOneLineAsync(() => run);

    private static async Task<int> OrOneLineAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception failed) when (failed is IOException or Failover.RefusedException or System.ComponentModel.Win32Exception)
        {
            // A server that won't start, a program that isn't there: a matter of the machine, not of this code.
            await Console.Error.WriteLineAsync($"bench: {failed.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("bench: stopped");
            return 130;
        }
    }

    private static Command Answer()
    {
        var port = Number("--port", "The loopback port.", 0, 0, ushort.MaxValue);
        var grpc = new Option<bool>("--grpc") { Description = "Answer gRPC calls." };
        var valueSize = Number("--value-size", "Bytes in a value.", 256, 1, 16_000);
        var command = new Command("answer", "The server that the ceiling is measured with.") { port, grpc, valueSize };
        command.Hidden = true;
        command.SetAction((parsed, stop) =>
            Answerer.RunAsync(parsed.GetValue(port), parsed.GetValue(grpc), parsed.GetValue(valueSize), stop));
        return command;
    }

    private static Option<int> Number(string name, string description, int value, int least, int most) => new(name)
    {
        Description = $"{description} [{least}..{most}]",
        DefaultValueFactory = _ => value,
        CustomParser = result => Try(result, text => Number(text, least, most)),
    };

    private static Option<TimeSpan> Span(string name, string description, string value) => new(name)
    {
        Description = $"{description} [{value}]",
        DefaultValueFactory = _ => Span(value),
        CustomParser = result => Try(result, Span),
    };

    private static Option<IReadOnlyList<T>> List<T>(string name, string description, string value, Func<string, T> parse) => new(name)
    {
        Description = $"{description} [{value}]",
        DefaultValueFactory = _ => [.. value.Split(',').Select(parse)],
        CustomParser = result => Try<IReadOnlyList<T>>(result, text => [.. text.Split(',').Select(parse)]),
    };

    private static T? Try<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return parse(result.Tokens[0].Value);
        }
        catch (FormatException wrong)
        {
            result.AddError(wrong.Message);
            return default;
        }
    }

    private static int Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"'{text}' is not a number from {least} to {most}");

    private static TimeSpan Span(string text) =>
        text.EndsWith('s')
        && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and <= 3_600
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"'{text}' is not a time such as 10s");
}
