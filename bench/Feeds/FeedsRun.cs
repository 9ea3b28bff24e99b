using System.Net;
using System.Text.Json;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Report;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Feeds;

/// <summary>What readers of the change feed cost those who write: the same load with and without them, in turn.</summary>
/// <param name="dll">The built node.</param>
/// <param name="folder">Where data and logs go; removed afterwards.</param>
internal sealed class FeedsRun(string dll, string folder) : IDisposable
{
    private const int RowCount = 10_000;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Rows _rows = new(RowCount, keySize: 32, valueSize: 256);

    /// <summary>Measures and reports.</summary>
    /// <param name="counts">How many readers that follow a prefix, one count after the other.</param>
    /// <param name="all">How many more that follow everything, when there are any.</param>
    /// <param name="via">Which node they read from.</param>
    /// <param name="clients">How many writes are under way.</param>
    /// <param name="duration">How long a round lasts.</param>
    /// <param name="repeats">How often each count is measured.</param>
    /// <param name="stop">Ends the run.</param>
    public async Task<int> MeasureAsync(
        IReadOnlyList<int> counts, int all, Via via, int clients, TimeSpan duration, int repeats, CancellationToken stop)
    {
        try
        {
            await using var servers = new RaftServers(dll, folder);
            await servers.StartAsync(stop);
            var leader = await servers.NodeAsync(Via.Leader, stop);
            Round.Sweep(16, _ => Dialects.Raft.Open(leader, Work.Put, _rows, 1), RowCount);
            // Once for each count beforehand: code is compiled better while it runs.
            foreach (var count in counts)
            {
                await RoundAsync(servers, count, all, via, clients, duration, stop);
            }

            var rounds = new List<FeedRound>();
            for (var repeat = 1; repeat <= repeats; repeat++)
            {
                // In turn, and the other way round next time: what comes second may find a warmer or fuller machine.
                foreach (var count in repeat % 2 == 1 ? counts : counts.Reverse())
                {
                    rounds.Add(await RoundAsync(servers, count, all, via, clients, duration, stop));
                    Console.Error.WriteLine($"{repeat}/{repeats} {rounds[^1]}");
                }
            }

            Report(counts, rounds);
            return rounds.Exists(round => round.Errors > 0) ? 1 : 0;
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<FeedRound> RoundAsync(
        RaftServers servers, int count, int all, Via via, int clients, TimeSpan duration, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var leader = await servers.NodeAsync(Via.Leader, stop);
        var node = await servers.NodeAsync(via, stop);
        using var readers = await FeedReaders.OpenAsync(node, _rows, count, count == 0 ? 0 : all, stop);
        var first = await RevisionAsync(leader, stop);
        var before = Processor.Read(servers.ProcessIds, []);
        var round = Round.Run(clients, _ => Dialects.Raft.Open(leader, Work.Put, _rows, 1), RowCount, duration, stop);
        var used = Processor.Read(servers.ProcessIds, []).Since(before);
        if (count > 0)
        {
            // Nothing may be missing for the load.
            await readers.HaveAsync(await LastRevisionAsync(leader, stop) - first, stop);
        }

        return new FeedRound(
            count,
            round.Operations / round.Seconds,
            round.Latency.Percentile(0.5) / 1e6,
            round.Latency.Percentile(0.99) / 1e6,
            readers.Events / round.Seconds,
            readers.Delays.Percentile(0.5) / 1e6,
            used.Servers / round.Operations * 1e6,
            used.Generator / round.Operations * 1e6,
            used.Others / round.Seconds,
            round.Errors);
    }

    /// <summary>The revision once the writes that were under way at the end are done too.</summary>
    private async Task<long> LastRevisionAsync(IPEndPoint node, CancellationToken stop)
    {
        var revision = 0L;
        for (var last = -1L; last != revision;)
        {
            last = revision;
            await Task.Delay(300, stop);
            revision = await RevisionAsync(node, stop);
        }

        return revision;
    }

    private async Task<long> RevisionAsync(IPEndPoint node, CancellationToken stop)
    {
        using var view = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"http://{node}/v1/cluster"), stop));
        return view.RootElement.GetProperty("revision").GetInt64();
    }

    private static void Report(IReadOnlyList<int> counts, List<FeedRound> rounds)
    {
        var without = Median(rounds.Where(round => round.Readers == counts[0]), round => round.Rate);
        Console.WriteLine(
            "| readers | writes/s | of the first line | least..most | p50 ms | p99 ms | events/s | event p50 ms "
            + "| servers µs/write | load µs/write | others' processors |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var count in counts)
        {
            var of = rounds.Where(round => round.Readers == count).ToList();
            var rate = Median(of, round => round.Rate);
            Console.WriteLine(
                $"| {count:N0} | {rate:N0} | {rate / without:P0} | {of.Min(round => round.Rate):N0}..{of.Max(round => round.Rate):N0} "
                + $"| {Median(of, round => round.P50):0.0} | {Median(of, round => round.P99):0.0} | {Median(of, round => round.Events):N0} "
                + $"| {Median(of, round => round.Delay):0.0} | {Median(of, round => round.Servers):0} | {Median(of, round => round.Generator):0} "
                + $"| {Median(of, round => round.Others):0.00} |");
        }
    }

    private static double Median(IEnumerable<FeedRound> rounds, Func<FeedRound, double> of) => Statistics.Median(rounds.Select(of));

    /// <summary>One round.</summary>
    private sealed record FeedRound(
        int Readers, double Rate, double P50, double P99, double Events, double Delay,
        double Servers, double Generator, double Others, long Errors)
    {
        public override string ToString() =>
            $"{Readers} readers: {Rate:N0} writes/s, {Events:N0} events/s, servers {Servers:0} µs/write, load {Generator:0} µs/write, "
            + $"others {Others:0.00} processors, {Errors} errors";
    }
}
