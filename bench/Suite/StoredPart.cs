using System.Diagnostics;
using System.Text;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Report;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Suite;

/// <summary>Three nodes of each product with many rows: their memory, their restart, and a fourth node that joins.</summary>
internal sealed class StoredPart(SuiteContext context, IReadOnlyList<StoredRow> wanted)
{
    private const string Part = "stored";
    private const int Chunks = 10;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);
    private readonly Rows _rows = new(context.Options.Stored, keySize: 32, valueSize: 256);
    private int _markers;

    /// <summary>Measures.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var products = context.Make(Part);
        try
        {
            await context.MeasureAsync(Wanted("memory"), () => WriteAsync(products, stop));
            if (Wanted("restart", "memory-restarted") is { Count: > 0 } restarts)
            {
                await context.MeasureAsync(restarts, () => InTurnAsync(products, RestartAsync, stop));
            }

            if (Wanted("catch-up") is { Count: > 0 } joins)
            {
                await context.MeasureAsync(joins, () => InTurnAsync(products, JoinAsync, stop));
            }
        }
        finally
        {
            await context.EndAsync(Part, products);
        }
    }

    private List<StoredRow> Wanted(params string[] names) => [.. wanted.Where(row => names.Contains(row.Name))];

    private async Task InTurnAsync(
        IReadOnlyList<IFailoverServers> products, Func<IFailoverServers, int, CancellationToken, Task> measure, CancellationToken stop)
    {
        for (var repeat = 1; repeat <= context.Options.Repeats; repeat++)
        {
            foreach (var product in SuiteContext.InTurn(products, repeat))
            {
                stop.ThrowIfCancellationRequested();
                await measure(product, repeat, stop);
            }
        }
    }

    private async Task WriteAsync(IReadOnlyList<IFailoverServers> products, CancellationToken stop)
    {
        foreach (var product in products)
        {
            await product.StartAsync(stop);
            await product.ReadyAsync(stop);
            var load = new ClientLoad(product.Dialect, _rows);
            var leader = await product.NodeAsync(Via.Leader, stop);
            for (var chunk = 0; chunk < Chunks; chunk++)
            {
                stop.ThrowIfCancellationRequested();
                int Bound(int at) => (int)((long)_rows.Count * at / Chunks);
                load.Write(leader, Work.Put, 64, Bound(chunk), Bound(chunk + 1));
                context.Say(wanted[0], $"{product.Name} has {Bound(chunk + 1):N0} of {_rows.Count:N0} rows");
            }
        }

        foreach (var product in products)
        {
            await RememberAsync(product, "memory", repeat: null, stop);
        }
    }

    private async Task RestartAsync(IFailoverServers product, int repeat, CancellationToken stop)
    {
        var marker = await MarkAsync(product, stop);
        for (var node = 0; node < product.Nodes.Count; node++)
        {
            await product.Process(node).DisposeAsync();
        }

        var begun = Stopwatch.GetTimestamp();
        for (var node = 0; node < product.Nodes.Count; node++)
        {
            product.Start(node);
        }

        await Task.WhenAll(product.Nodes.Select((node, at) => Until.SoonAsync(
            $"{product.Name}'s {node} serves", [product.Process(at)], () => product.HasAsync(node, marker, isLocal: false, stop), _patience, stop)));
        Add("restart", product, repeat, Stopwatch.GetElapsedTime(begun).TotalSeconds);
        await RememberAsync(product, "memory-restarted", repeat, stop);
    }

    private async Task JoinAsync(IFailoverServers product, int repeat, CancellationToken stop)
    {
        await product.ReadyAsync(stop);
        var marker = await MarkAsync(product, stop);
        var newcomer = await product.JoinAsync($"fresh{repeat}", stop);
        try
        {
            await Until.SoonAsync(
                $"{product.Name}'s new node has all rows",
                [newcomer.Process],
                () => product.HasAsync(newcomer.Node, marker, isLocal: true, stop),
                _patience,
                stop);
            Add("catch-up", product, repeat, Stopwatch.GetElapsedTime(newcomer.Process.Started).TotalSeconds);
            await product.LeaveAsync(newcomer, stop);
        }
        finally
        {
            await newcomer.Process.DisposeAsync();
        }
    }

    /// <summary>Writes one more row behind all others: who has it has them all.</summary>
    private async Task<byte[]> MarkAsync(IFailoverServers product, CancellationToken stop)
    {
        var number = ++_markers;
        using var http = new HttpClient();
        using var write = product.Write(await product.LeaderAsync(stop), number);
        using var answer = await http.SendAsync(write, stop);
        return answer.IsSuccessStatusCode
            ? Encoding.ASCII.GetBytes($"probe/{number}")
            : throw new IOException($"{product.Name} took no write: {await answer.Content.ReadAsStringAsync(stop)}");
    }

    /// <summary>Reads the memory: of each node as a repeat of its own, or the median of them.</summary>
    private async Task RememberAsync(IFailoverServers product, string name, int? repeat, CancellationToken stop)
    {
        // Nobody says when a garbage collector or a compaction is done.
        await Task.Delay(context.Options.Settle, stop);
        List<double> sizes = [.. product.ProcessIds.Select(id => Memory.Resident(id) / (double)(1 << 20))];
        if (repeat is { } number)
        {
            Add(name, product, number, Statistics.Median(sizes));
            return;
        }

        for (var node = 0; node < sizes.Count; node++)
        {
            Add(name, product, node + 1, sizes[node]);
        }
    }

    private void Add(string name, IFailoverServers product, int repeat, double value)
    {
        if (wanted.FirstOrDefault(row => row.Name == name) is { } row)
        {
            context.Add(row, new Sample(name, product.Name, repeat, value), name == "memory" ? product.Nodes.Count : context.Options.Repeats);
        }
    }
}
