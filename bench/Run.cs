using System.Net;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Report;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench;

/// <summary>A whole run: servers up, rows written, rounds of the products in turn, report.</summary>
/// <param name="options">What to measure.</param>
internal sealed class Run(BenchOptions options)
{
    private readonly Rows _rows = new(options.Keys, options.KeySize, options.ValueSize);
    private readonly List<Measurement> _measurements = [];
    private readonly IDialect _etcd = options.EtcdApi == "json" ? Dialects.EtcdJson : Dialects.EtcdGrpc;

    /// <summary>Measures and reports.</summary>
    /// <returns>The process's exit code: 0, or 1 when there were errors.</returns>
    public async Task<int> MeasureAsync(CancellationToken stop)
    {
        var begun = DateTimeOffset.UtcNow;
        try
        {
            if (options.Ceiling)
            {
                await CeilingAsync(stop);
            }

            await ProductsAsync(stop);
        }
        finally
        {
            if (Directory.Exists(options.Folder))
            {
                Directory.Delete(options.Folder, recursive: true);
            }
        }

        var summaries = Summary.Of(_measurements);
        Console.WriteLine(Table.Markdown(summaries));
        if (options.Output is { } path)
        {
            new JsonReport(
                begun,
                Environment.ProcessorCount,
                options.KeySize,
                options.ValueSize,
                options.Keys,
                options.Duration.TotalSeconds,
                _measurements).Write(path);
        }

        return summaries.Any(summary => summary.Errors > 0) ? 1 : 0;
    }

    private async Task CeilingAsync(CancellationToken stop)
    {
        IEnumerable<IDialect> dialects = options.Against switch
        {
            "raft" => [Dialects.Raft],
            "etcd" => [_etcd],
            _ => [Dialects.Raft, _etcd],
        };
        var ceilings = new List<Measurement>();
        foreach (var dialect in dialects)
        {
            // The gateway quotes values, so its answers are longer.
            var ceilingSize = dialect == Dialects.EtcdJson ? 2 * options.ValueSize : options.ValueSize;
            await using var servers = new CeilingServers(Path.Combine(options.Folder, "ceiling"), dialect, ceilingSize);
            await servers.StartAsync(stop);
            await WarmAsync(servers, Work.GetLocal, stop);
            foreach (var clients in options.Clients)
            {
                ceilings.Add(await RoundAsync(servers, Work.GetLocal, Via.Leader, clients, 1, [], stop));
            }
        }

        Console.WriteLine("The load generator's own ceiling, against a server that answers at once:");
        Console.WriteLine();
        Console.WriteLine(Table.Markdown(Summary.Of(ceilings)));
    }

    private async Task ProductsAsync(CancellationToken stop)
    {
        var products = new List<IServers>();
        try
        {
            if (options.Against is "raft" or "both")
            {
                products.Add(new RaftServers(options.NodeDll ?? Repository.NodeDll(), Path.Combine(options.Folder, "raft")));
            }

            if (options.Against is "etcd" or "both")
            {
                products.Add(new EtcdServers(options.EtcdProgram, Path.Combine(options.Folder, "etcd"), _etcd));
            }

            foreach (var product in products)
            {
                await product.StartAsync(stop);
                var node = await product.NodeAsync(Via.Leader, stop);
                Round.Sweep(16, _ => product.Dialect.Open(node, Work.Put, _rows, 1), options.Keys);
                foreach (var work in options.Works)
                {
                    await WarmAsync(product, work, stop);
                }
            }

            for (var repeat = 1; repeat <= options.Repeats; repeat++)
            {
                await RepeatAsync(products, repeat, stop);
            }
        }
        finally
        {
            foreach (var product in products)
            {
                await product.DisposeAsync();
            }
        }
    }

    private async Task RepeatAsync(List<IServers> products, int repeat, CancellationToken stop)
    {
        foreach (var work in options.Works)
        {
            foreach (var via in options.Vias)
            {
                foreach (var clients in options.Clients)
                {
                    // In turn, and the other way round next time: what comes second may find a warmer or fuller machine.
                    foreach (var product in repeat % 2 == 1 ? products : Enumerable.Reverse(products))
                    {
                        var idle = products.Where(other => other != product).SelectMany(other => other.ProcessIds);
                        var measured = await RoundAsync(product, work, via, clients, repeat, [.. idle], stop);
                        _measurements.Add(measured);
                        Console.Error.WriteLine(
                            $"{repeat}/{options.Repeats} {product.Name} {measured.Work} via {measured.Via} {clients} clients: {measured.OperationsPerSecond:N0}/s, {measured.Errors} errors");
                    }
                }
            }
        }
    }

    private async Task WarmAsync(IServers servers, Work work, CancellationToken stop)
    {
        var node = await servers.NodeAsync(Via.Leader, stop);
        Load(servers, node, work, options.Clients.Max(), options.WarmUp, stop);
    }

    private async Task<Measurement> RoundAsync(
        IServers servers, Work work, Via via, int clients, int repeat, int[] idle, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var node = await servers.NodeAsync(via, stop);
        var before = Processor.Read(servers.ProcessIds, idle);
        var round = Load(servers, node, work, clients, options.Duration, stop);
        var used = Processor.Read(servers.ProcessIds, idle).Since(before);
        return Measurement.Of(servers, work, via, clients, repeat, round, used);
    }

    private RoundResult Load(
        IServers servers, IPEndPoint node, Work work, int clients, TimeSpan duration, CancellationToken stop) =>
        new ClientLoad(servers.Dialect, _rows, options.Connections).Run(node, work, clients, duration, stop);
}
