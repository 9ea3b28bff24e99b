using System.Net;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Report;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Suite;

/// <summary>The rows under load: three nodes of each product up all the time, and the load on one of them after the other.</summary>
internal sealed class LoadPart(SuiteContext context, IReadOnlyList<LoadRow> wanted)
{
    private const string Part = "load";
    private readonly Rows _rows = new(10_000, keySize: 32, valueSize: 256);

    /// <summary>Measures.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await CeilingsAsync(stop);
        var products = context.Make(Part);
        try
        {
            foreach (var product in products)
            {
                await product.StartAsync(stop);
                await product.ReadyAsync(stop);
                new ClientLoad(product.Dialect, _rows).Write(await product.NodeAsync(Via.Leader, stop), Work.Put, 16, 0, _rows.Count);
            }

            foreach (var row in wanted)
            {
                await context.MeasureAsync([row], () => MeasureAsync(row, products, stop));
            }
        }
        finally
        {
            await context.EndAsync(Part, products);
        }
    }

    private async Task MeasureAsync(LoadRow row, IReadOnlyList<IFailoverServers> products, CancellationToken stop)
    {
        foreach (var product in products)
        {
            var node = await product.NodeAsync(row.Via, stop);
            LoadOf(product, row).Run(node, row.Work, row.Clients, context.Options.WarmUp, stop);
        }

        for (var repeat = 1; repeat <= context.Options.Repeats; repeat++)
        {
            foreach (var product in SuiteContext.InTurn(products, repeat))
            {
                stop.ThrowIfCancellationRequested();
                var node = await product.NodeAsync(row.Via, stop);
                int[] idle = [.. products.Where(other => other != product).SelectMany(other => other.ProcessIds)];
                var before = Processor.Read(product.ProcessIds, idle);
                var round = LoadOf(product, row).Run(node, row.Work, row.Clients, context.Options.Duration, stop);
                var used = Processor.Read(product.ProcessIds, idle).Since(before);
                context.Add(row, SampleOf(row, product, repeat, round, used), context.Options.Repeats);
            }
        }
    }

    private static Sample SampleOf(LoadRow row, IFailoverServers product, int repeat, RoundResult round, Processor used) => new(
        row.Name,
        product.Name,
        repeat,
        round.Operations * row.KeysOfRequest / round.Seconds,
        round.Latency.Percentile(0.5) / 1e6,
        round.Latency.Percentile(0.99) / 1e6,
        round.Errors,
        round.LastError,
        round.Operations == 0 ? null : used.Servers * 1e6 / round.Operations,
        used.Others / round.Seconds);

    private ClientLoad LoadOf(IFailoverServers product, LoadRow row) =>
        new(row.IsGateway && product.Name == Sample.Etcd ? Dialects.EtcdJson : product.Dialect, _rows);

    /// <summary>What the load generator does by itself, over both protocols and with as many clients as the rows have.</summary>
    private async Task CeilingsAsync(CancellationToken stop)
    {
        foreach (var dialect in context.Options.EtcdProgram is null ? (IDialect[])[Dialects.Raft] : [Dialects.Raft, Dialects.EtcdGrpc])
        {
            await using var servers = new CeilingServers(Path.Combine(context.Options.Folder, "ceiling"), dialect, _rows.Value.Length);
            await servers.StartAsync(stop);
            IPEndPoint node = await servers.NodeAsync(Via.Leader, stop);
            var load = new ClientLoad(dialect, _rows);
            load.Run(node, Work.GetLocal, 64, context.Options.WarmUp, stop);
            foreach (var clients in wanted.Select(row => row.Clients).Distinct().Order())
            {
                var round = load.Run(node, Work.GetLocal, clients, context.Options.Duration, stop);
                context.Ceilings.Add(new Ceiling(
                    dialect.Name,
                    clients,
                    round.Operations / round.Seconds,
                    round.Latency.Percentile(0.5) / 1e6,
                    round.Latency.Percentile(0.99) / 1e6));
                context.Say($"the load generator's own ceiling, {dialect.Name}, {clients} clients: {context.Ceilings[^1].Rate:N0} requests/s");
            }
        }
    }
}
