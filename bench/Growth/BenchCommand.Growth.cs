using System.CommandLine;
using RaftCluster.Bench.Growth;

namespace RaftCluster.Bench;

/// <content>How cost grows.</content>
internal static partial class BenchCommand
{
    private const int LongestValue = 1 << 20;

    private static Command Growth()
    {
        var only = List("--only", "What grows: clients, values, rows, nodes, readers.", "clients,values,rows,nodes,readers", GrowthOptions.Parse);
        var clients = List("--clients", "Numbers of requests under way.", "1,4,16,64,256,1024", name => Number(name, 1, 4_096));
        var values = List("--values", "Lengths of values in bytes.", "64,256,1024,4096,16384,65536,262144,1048576", name => Number(name, 1, LongestValue));
        var rows = List("--rows", "Numbers of rows.", "1000,10000,100000,1000000,10000000", name => Number(name, 1_000, 100_000_000));
        var nodes = List("--nodes", "Numbers of nodes.", "1,3,5", name => name is "1" or "3" or "5" or "7"
            ? Number(name, 1, 7)
            : throw new FormatException($"'{name}' is not 1, 3, 5 or 7"));
        var readers = List("--readers", "Numbers of readers of the change feed.", "0,10,100,1000", name => Number(name, 0, 10_000));
        var repeat = Number("--repeat", "How often each step is measured.", 3, 1, 100);
        var duration = Span("--duration", "How long a round lasts.", "5s");
        var output = new Option<string?>("--output") { Description = "A folder for growth.json, growth.md and the charts." };
        var (folder, nodeDll) = RecoveryOptions();
        var command = new Command("growth", "Measures how throughput and latency change when one thing grows.")
        {
            only, clients, values, rows, nodes, readers, repeat, duration, output, folder, nodeDll,
        };
        command.SetAction((parsed, stop) => OrOneLineAsync(() => new GrowthRun(new GrowthOptions
        {
            Only = [.. parsed.GetRequiredValue(only).Distinct()],
            Clients = parsed.GetRequiredValue(clients),
            Values = parsed.GetRequiredValue(values),
            Rows = parsed.GetRequiredValue(rows),
            Nodes = parsed.GetRequiredValue(nodes),
            Readers = parsed.GetRequiredValue(readers),
            Repeats = parsed.GetValue(repeat),
            Duration = parsed.GetValue(duration),
            Output = parsed.GetValue(output),
            Folder = Path.Combine(parsed.GetRequiredValue(folder), $"raftcluster-bench-{Environment.ProcessId}"),
            NodeDll = parsed.GetValue(nodeDll) ?? Repository.NodeDll(),
        }).MeasureAsync(stop)));
        return command;
    }
}
