using System.CommandLine;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Suite;

namespace RaftCluster.Bench;

/// <content>The whole table beside etcd.</content>
internal static partial class BenchCommand
{
    private const int QuickStored = 20_000;

    private static Command WholeSuite()
    {
        var only = List("--only", "Rows by their names.", string.Join(',', SuiteRow.All.Select(row => row.Name)), SuiteRow.Parse);
        var repeat = Number("--repeat", "How often each row is measured.", 5, 1, 100);
        var gaps = Number("--gaps", "How often each way of losing a leader is tried.", 20, 1, 1_000);
        var rows = Number("--rows", "Rows of 256 bytes for memory, restart and catch-up.", 1_000_000, 1_000, 10_000_000);
        var duration = Span("--duration", "How long a round under load lasts.", "5s");
        var quick = new Option<bool>("--quick")
        {
            Description = $"A glance: rounds of 1 s, once; 3 gaps; {QuickStored:N0} rows. What is stated besides holds.",
        };
        var output = new Option<string?>("--output") { Description = "A folder for suite.json, suite.md and the charts." };
        var against = new Option<string?>("--against") { Description = "An earlier suite.json to compare with: exit code 1 when a row is worse." };
        var (folder, nodeDll) = RecoveryOptions();
        var etcd = Etcd();
        var command = new Command("suite", "Measures the whole table beside etcd, says what is reached, missed, or too noisy to judge.")
        {
            only, repeat, gaps, rows, duration, quick, output, against, folder, nodeDll, etcd,
        };
        command.SetAction((parsed, stop) => OrOneLineAsync(() =>
        {
            var isQuick = parsed.GetValue(quick);
            T Of<T>(Option<T> option, T glance) => isQuick && parsed.GetResult(option) is null or { Implicit: true } ? glance : parsed.GetValue(option)!;
            var etcdProgram = parsed.GetRequiredValue(etcd);
            var hasEtcd = Programs.IsThere(etcdProgram);
            if (!hasEtcd)
            {
                Console.Error.WriteLine($"bench: there is no '{etcdProgram}': this product is measured by itself");
            }

            return new SuiteRun(new SuiteOptions
            {
                Rows = [.. parsed.GetRequiredValue(only).Distinct().OrderBy(row => SuiteRow.All.ToList().IndexOf(row))],
                Repeats = Of(repeat, 1),
                Gaps = Of(gaps, 3),
                Stored = Of(rows, QuickStored),
                Duration = Of(duration, TimeSpan.FromSeconds(1)),
                WarmUp = TimeSpan.FromSeconds(isQuick ? 1 : 3),
                Settle = TimeSpan.FromSeconds(isQuick ? 1 : 5),
                Output = parsed.GetValue(output),
                Against = parsed.GetValue(against),
                Folder = Path.Combine(parsed.GetRequiredValue(folder), $"raftcluster-bench-{Environment.ProcessId}"),
                NodeDll = parsed.GetValue(nodeDll) ?? Repository.NodeDll(),
                EtcdProgram = hasEtcd ? etcdProgram : null,
            }).MeasureAsync(stop);
        }));
        return command;
    }
}
