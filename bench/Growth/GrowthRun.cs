using System.Diagnostics;
using System.Globalization;
using System.Net;
using RaftCluster.Bench.Feeds;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Report;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Growth;

/// <summary>How this product's throughput and latency change when one thing grows and all else stays.</summary>
/// <param name="options">What is measured.</param>
internal sealed class GrowthRun(GrowthOptions options)
{
    private const int UsualRows = 10_000;
    private const int UsualValue = 256;
    private const int LongValue = 16 << 10;
    private const long MostBytes = 64 << 20;
    private static readonly Work[] _all = [Work.Put, Work.GetLinearizable, Work.GetLocal];
    private readonly List<GrowthStep> _steps = [];
    private readonly DateTimeOffset _at = DateTimeOffset.UtcNow;
    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <summary>Measures and reports, after each cause what there is by then.</summary>
    /// <returns>The process's exit code: 0, or 1 when there were errors.</returns>
    public async Task<int> MeasureAsync(CancellationToken stop)
    {
        try
        {
            foreach (var cause in options.Only)
            {
                await (cause switch
                {
                    Cause.Clients => WithServersAsync(3, servers => ClientsAsync(servers, stop), stop),
                    Cause.Values => WithServersAsync(3, servers => ValuesAsync(servers, stop), stop),
                    Cause.Rows => EachAsync(options.Rows, rows => WithServersAsync(3, servers => RowsAsync(servers, rows, stop), stop)),
                    Cause.Nodes => EachAsync(options.Nodes, nodes => WithServersAsync(nodes, servers => NodesAsync(servers, nodes, stop), stop)),
                    _ => WithServersAsync(3, servers => ReadersAsync(servers, stop), stop),
                });
                Write();
            }
        }
        finally
        {
            if (Directory.Exists(options.Folder))
            {
                Directory.Delete(options.Folder, recursive: true);
            }
        }

        Console.WriteLine(GrowthReport.Markdown(Report()));
        return _steps.Exists(step => step.Errors > 0) ? 1 : 0;
    }

    private async Task ClientsAsync(RaftServers servers, CancellationToken stop)
    {
        var rows = new Rows(UsualRows, keySize: 32, UsualValue);
        await WriteAsync(servers, rows, stop);
        foreach (var clients in options.Clients)
        {
            await StepAsync(servers, Cause.Clients, clients, _all, rows, clients, stop);
        }
    }

    private async Task ValuesAsync(RaftServers servers, CancellationToken stop)
    {
        foreach (var size in options.Values)
        {
            var rows = new Rows((int)Math.Clamp(MostBytes / size, GrowthOptions.UsualClients, UsualRows), keySize: 32, size);
            await WriteAsync(servers, rows, stop);
            await StepAsync(servers, Cause.Values, size, _all, rows, GrowthOptions.UsualClients, stop);
        }
    }

    private async Task RowsAsync(RaftServers servers, int count, CancellationToken stop)
    {
        var rows = new Rows(count, keySize: 32, UsualValue);
        var load = new ClientLoad(servers.Dialect, rows);
        var leader = await servers.NodeAsync(Via.Leader, stop);
        for (var chunk = 0; chunk < 10; chunk++)
        {
            stop.ThrowIfCancellationRequested();
            int Bound(int at) => (int)((long)count / WorkNames.TransactionKeys * at / 10) * WorkNames.TransactionKeys;
            load.Write(leader, Work.Transaction, 16, Bound(chunk), Bound(chunk + 1), WorkNames.TransactionKeys);
            Say($"rows: {Bound(chunk + 1):N0} of {count:N0} are written");
        }

        await StepAsync(servers, Cause.Rows, count, _all, rows, GrowthOptions.UsualClients, stop);
    }

    private async Task NodesAsync(RaftServers servers, int nodes, CancellationToken stop)
    {
        var rows = new Rows(UsualRows, keySize: 32, UsualValue);
        await WriteAsync(servers, rows, stop);
        await StepAsync(servers, Cause.Nodes, nodes, _all, rows, GrowthOptions.UsualClients, stop);
    }

    private async Task ReadersAsync(RaftServers servers, CancellationToken stop)
    {
        var rows = new Rows(UsualRows, keySize: 32, UsualValue);
        await WriteAsync(servers, rows, stop);
        var leader = await servers.NodeAsync(Via.Leader, stop);
        foreach (var count in options.Readers)
        {
            // One of them follows everything and reads the time; the others ten rows each.
            using var readers = await FeedReaders.OpenAsync(leader, rows, Math.Max(0, count - 1), Math.Min(1, count), stop);
            await StepAsync(servers, Cause.Readers, count, [Work.Put], rows, GrowthOptions.UsualClients, stop, readers);
        }
    }

    private async Task StepAsync(
        RaftServers servers, Cause cause, int at, IReadOnlyList<Work> works, Rows rows, int clients, CancellationToken stop,
        FeedReaders? readers = null)
    {
        var load = new ClientLoad(servers.Dialect, rows);
        foreach (var work in works)
        {
            load.Run(await servers.NodeAsync(Via.Leader, stop), work, clients, options.Duration, stop);
            for (var repeat = 1; repeat <= options.Repeats; repeat++)
            {
                stop.ThrowIfCancellationRequested();
                IPEndPoint node = await servers.NodeAsync(Via.Leader, stop);
                var before = Processor.Read(servers.ProcessIds, []);
                var round = load.Run(node, work, clients, options.Duration, stop);
                var used = Processor.Read(servers.ProcessIds, []).Since(before);
                _steps.Add(new GrowthStep(
                    cause,
                    at,
                    work.Name(),
                    repeat,
                    round.Operations / round.Seconds,
                    round.Latency.Percentile(0.5) / 1e6,
                    round.Latency.Percentile(0.99) / 1e6,
                    round.Operations == 0 ? 0 : used.Servers * 1e6 / round.Operations,
                    round.Errors,
                    round.LastError,
                    Statistics.Median(servers.ProcessIds.Select(id => Memory.Resident(id) / (double)(1 << 20))),
                    readers is null || at == 0 ? null : readers.Delays.Percentile(0.5) / 1e6,
                    used.Others / round.Seconds));
                var last = _steps[^1];
                var errors = last.Errors > 0 ? $", {last.Errors} errors: {last.LastError}" : "";
                Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{GrowthReport.Name(cause)} {at:N0} {last.Work} {repeat}/{options.Repeats}: {last.Rate:N0}/s, p99 {last.P99:0.00} ms{errors}"));
            }
        }
    }

    private static async Task WriteAsync(RaftServers servers, Rows rows, CancellationToken stop) =>
        new ClientLoad(servers.Dialect, rows).Write(await servers.NodeAsync(Via.Leader, stop), Work.Put, rows.Value.Length > LongValue ? 4 : 16, 0, rows.Count);

    private static async Task EachAsync(IEnumerable<int> steps, Func<int, Task> measure)
    {
        foreach (var step in steps)
        {
            await measure(step);
        }
    }

    private async Task WithServersAsync(int nodes, Func<RaftServers, Task> act, CancellationToken stop)
    {
        var folder = Path.Combine(options.Folder, Guid.NewGuid().ToString("N"));
        await using (var servers = new RaftServers(options.NodeDll, folder) { Count = nodes })
        {
            await servers.StartAsync(stop);
            await act(servers);
        }

        Directory.Delete(folder, recursive: true);
    }

    private GrowthReport Report() => new(_at, Environment.ProcessorCount, options.Duration.TotalSeconds, options.Repeats, _steps);

    private void Write()
    {
        if (options.Output is { } folder)
        {
            Directory.CreateDirectory(folder);
            Report().Write(folder);
        }
    }

    private void Say(string what) => Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(_begun):mm\\:ss} {what}");
}
