using System.CommandLine;
using RaftCluster.Bench.Failover;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench;

/// <content>What is measured when a leader goes, and when it should have stayed.</content>
internal static partial class BenchCommand
{
    private static Command Gaps()
    {
        var against = Against();
        var losses = List("--loss", "kill, stop, transfer, freeze.", "kill,stop,transfer", name => name switch
        {
            "kill" => Loss.Kill,
            "stop" => Loss.Stop,
            "transfer" => Loss.Transfer,
            "freeze" => Loss.Freeze,
            _ => throw new FormatException($"a leader can't be lost by '{name}': kill, stop, transfer, freeze"),
        });
        var repeat = Number("--repeat", "How often each.", 20, 1, 1_000);
        var every = Number("--every", "Milliseconds between two writes.", 2, 1, 1_000);
        var (folder, nodeDll) = RecoveryOptions();
        var (etcd, nodeOptions) = (Etcd(), NodeOptions());
        var command = new Command("gaps", "Measures for how long no write is acknowledged when the leader goes.")
        {
            against, losses, repeat, every, folder, nodeDll, etcd, nodeOptions,
        };
        command.SetAction((parsed, stop) => OrOneLineAsync(WithProductsAsync(
            parsed.GetRequiredValue(against),
            Products(parsed.GetValue(nodeDll), parsed.GetRequiredValue(etcd), parsed.GetRequiredValue(folder), Split(parsed.GetValue(nodeOptions))),
            products => new GapRun(
                products, parsed.GetRequiredValue(losses), parsed.GetValue(repeat), TimeSpan.FromMilliseconds(parsed.GetValue(every))).MeasureAsync(stop))));
        return command;
    }

    private static Command Elections()
    {
        var against = Against();
        var duration = Span("--duration", "For how long each product is watched.", "60s");
        var clients = Number("--clients", "How many clients write.", 64, 0, 4_096);
        var hogs = Number("--hogs", "How many threads compute for nothing meanwhile.", 4, 0, 64);
        var (folder, nodeDll) = RecoveryOptions();
        var (etcd, nodeOptions) = (Etcd(), NodeOptions());
        var command = new Command("elections", "Counts the elections of a busy machine on which no node fails.")
        {
            against, duration, clients, hogs, folder, nodeDll, etcd, nodeOptions,
        };
        command.SetAction((parsed, stop) => OrOneLineAsync(WithProductsAsync(
            parsed.GetRequiredValue(against),
            Products(parsed.GetValue(nodeDll), parsed.GetRequiredValue(etcd), parsed.GetRequiredValue(folder), Split(parsed.GetValue(nodeOptions))),
            async products =>
            {
                foreach (var product in products)
                {
                    await new ElectionRun(product, parsed.GetValue(clients), parsed.GetValue(hogs), parsed.GetValue(duration)).MeasureAsync(stop);
                    await product.DisposeAsync();
                }

                return 0;
            })));
        return command;
    }

    private static Option<string> Against()
    {
        var against = new Option<string>("--against") { Description = "The products.", DefaultValueFactory = _ => "both" };
        against.AcceptOnlyFromAmong("raft", "etcd", "both");
        return against;
    }

    private static Option<string> Etcd() => new("--etcd") { Description = "The etcd program.", DefaultValueFactory = _ => "etcd" };

    private static Option<string?> NodeOptions() => new("--node-options")
    {
        Description = "Further options of this product's nodes, such as '--election-timeout 300ms'.",
    };

    private static string[] Split(string? options) => options?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static (Func<IFailoverServers> Raft, Func<IFailoverServers> Etcd, string Folder) Products(
        string? nodeDll, string etcd, string folder, string[] nodeOptions)
    {
        var data = Path.Combine(folder, $"raftcluster-bench-{Environment.ProcessId}");
        return (
            () => new RaftServers(nodeDll ?? Repository.NodeDll(), Path.Combine(data, "raft"), nodeOptions),
            () => new EtcdServers(etcd, Path.Combine(data, "etcd"), Dialects.EtcdGrpc),
            data);
    }

    private static async Task<int> WithProductsAsync(
        string against,
        (Func<IFailoverServers> Raft, Func<IFailoverServers> Etcd, string Folder) make,
        Func<IReadOnlyList<IFailoverServers>, Task<int>> measure)
    {
        var products = new List<IFailoverServers>();
        try
        {
            if (against is "raft" or "both")
            {
                products.Add(make.Raft());
            }

            if (against is "etcd" or "both")
            {
                products.Add(make.Etcd());
            }

            return await measure(products);
        }
        finally
        {
            foreach (var product in products)
            {
                await product.DisposeAsync();
            }

            if (Directory.Exists(make.Folder))
            {
                Directory.Delete(make.Folder, recursive: true);
            }
        }
    }
}
