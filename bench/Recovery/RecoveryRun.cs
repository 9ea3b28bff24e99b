using System.Diagnostics;
using System.Net;
using System.Text.Json;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Report;
using RaftCluster.Bench.Servers;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Bench.Recovery;

/// <summary>How a node comes back: a follower that lacks a lot, and a cluster with many rows.</summary>
/// <param name="dll">The built node.</param>
/// <param name="folder">Where data and logs go; removed afterwards.</param>
internal sealed class RecoveryRun(string dll, string folder) : IDisposable
{
    private const int Clients = 64;
    private const int LargeValue = 16_000;

    private static readonly TimeSpan _round = TimeSpan.FromSeconds(1);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Kills a follower, writes what it is to lack, starts it again under load, and says what the return cost.</summary>
    /// <param name="behind">How many bytes it is to lack.</param>
    /// <param name="stop">Ends the run.</param>
    public Task<int> CatchUpAsync(long behind, CancellationToken stop) => WithServersAsync(async servers =>
    {
        var small = new Rows(10_000, keySize: 33, valueSize: 256);
        var leader = await servers.NodeAsync(Via.Leader, stop);
        var late = servers.NumberOf(await servers.NodeAsync(Via.Follower, stop));
        Say($"warming up, then 10 rounds of {_round.TotalSeconds} s with three nodes");
        Rates(leader, small, 5, stop);
        var whole = Median(Rates(leader, small, 10, stop));
        await servers.KillAsync(late);
        var large = new Rows((int)(behind / LargeValue) + 1, keySize: 32, valueSize: LargeValue);
        Say($"node {late + 1} is down; writing {large.Count:N0} rows of {LargeValue:N0} bytes");
        Round.Sweep(16, _ => Dialects.Raft.Open(leader, Work.Put, large, 1), large.Count);
        var without = Median(Rates(leader, small, 10, stop));

        var target = await CommitIndexAsync(leader, stop);
        var begun = Stopwatch.GetTimestamp();
        servers.Start(late);
        var rates = new List<double>();
        var last = "";
        do
        {
            rates.AddRange(Rates(leader, small, 1, stop));
            last = await ProgressAsync(leader, servers.Nodes[late], stop) is { } progress && progress != last ? Say(progress) : last;
        }
        while (!await HasAsync(servers.Nodes[late], target, stop));
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var written = Memory.Written(servers.ProcessIds[late]);
        var lacked = ((long)large.Count * (large.Value.Length + 32)) + ((long)rates.Sum() * (small.Value.Length + 33));
        Console.WriteLine("| What | Measured |");
        Console.WriteLine("|---|---:|");
        Row("the follower lacked, bytes of keys and values", $"{lacked:N0}");
        Row("it wrote to its disk until it had them, bytes", $"{written:N0} ({(double)written / lacked:0.00} times)");
        Row("it had them after, s", $"{seconds:0.0}");
        Row("writes a second, three nodes, median of 10 rounds", $"{whole:N0}");
        Row("writes a second, one node down", $"{without:N0} ({without / whole:P0})");
        Row("writes a second, while it caught up, median", $"{Median(rates):N0} ({Median(rates) / whole:P0} of three nodes', {Median(rates) / without:P0} of two's)");
        Row("the slowest second meanwhile", $"{rates.Min():N0}");
        return rates.Min() > 0 ? 0 : 1;
    }, stop);

    /// <summary>Kills all nodes of a cluster with many rows, starts them again, and says how long until they serve.</summary>
    /// <param name="rows">How many rows, of 256 bytes.</param>
    /// <param name="stop">Ends the run.</param>
    public Task<int> RestartAsync(int rows, CancellationToken stop) => WithServersAsync(async servers =>
    {
        var written = new Rows(rows, keySize: 32, valueSize: 256);
        var leader = await servers.NodeAsync(Via.Leader, stop);
        Say($"writing {rows:N0} rows");
        Round.Sweep(Clients, _ => Dialects.Raft.Open(leader, Work.Put, written, 1), rows);
        for (var node = 0; node < 3; node++)
        {
            await servers.KillAsync(node);
        }

        var begun = Stopwatch.GetTimestamp();
        for (var node = 0; node < 3; node++)
        {
            servers.Start(node);
        }

        var times = await Task.WhenAll(servers.Nodes.Select(async node =>
        {
            await servers.ServesAsync(node, $"/v1/kv/{System.Text.Encoding.ASCII.GetString(written.Key(rows - 1))}", stop);
            return Stopwatch.GetElapsedTime(begun).TotalSeconds;
        }));
        Console.WriteLine("| What | Measured |");
        Console.WriteLine("|---|---:|");
        Row("rows", $"{rows:N0}");
        Row("from the start of all three processes, killed before, to a linearizable read on each, s", string.Join(", ", times.Select(time => $"{time:0.00}")));
        Row("resident memory of each then, MiB", string.Join(", ", servers.ProcessIds.Select(id => $"{Memory.Resident(id) >> 20}")));
        return 0;
    }, stop);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<int> WithServersAsync(Func<RaftServers, Task<int>> act, CancellationToken stop)
    {
        try
        {
            await using var servers = new RaftServers(dll, folder);
            await servers.StartAsync(stop);
            return await act(servers);
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static List<double> Rates(IPEndPoint node, Rows rows, int rounds, CancellationToken stop)
    {
        var rates = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            var result = Round.Run(Clients, _ => Dialects.Raft.Open(node, Work.Put, rows, 1), rows.Count, _round, stop);
            rates.Add(result.Operations / result.Seconds);
        }

        return rates;
    }

    private static double Median(List<double> rates) => rates.Order().ElementAt(rates.Count / 2);

    private async Task<long> CommitIndexAsync(IPEndPoint node, CancellationToken stop) =>
        (await ViewAsync(node, stop)).GetProperty("commitIndex").GetInt64();

    private async Task<bool> HasAsync(IPEndPoint node, long index, CancellationToken stop)
    {
        try
        {
            return (await ViewAsync(node, stop)).GetProperty("appliedIndex").GetInt64() >= index;
        }
        catch (HttpRequestException)
        {
            return false; // It is starting.
        }
    }

    private async Task<string?> ProgressAsync(IPEndPoint leader, IPEndPoint late, CancellationToken stop)
    {
        foreach (var member in (await ViewAsync(leader, stop)).GetProperty("members").EnumerateArray())
        {
            if (member.GetProperty("url").GetString() == $"http://{late}")
            {
                return member.TryGetProperty("snapshot", out var snapshot)
                    ? $"snapshot: {snapshot.GetProperty("bytes").GetInt64() >> 20} of {snapshot.GetProperty("totalBytes").GetInt64() >> 20} MiB"
                    : $"lags by {member.GetProperty("lag")} entries";
            }
        }

        return null;
    }

    private async Task<JsonElement> ViewAsync(IPEndPoint node, CancellationToken stop)
    {
        using var view = JsonDocument.Parse(await _http.GetStringAsync(new Uri($"http://{node}/v1/cluster"), stop));
        return view.RootElement.Clone();
    }

    private static void Row(string what, string measured) => Console.WriteLine($"| {what} | {measured} |");

    private static string Say(string what)
    {
        Console.Error.WriteLine(what);
        return what;
    }
}
