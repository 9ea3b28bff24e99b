using System.Diagnostics;
using System.Globalization;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Servers;

namespace RaftCluster.Bench.Failover;

/// <summary>How often a leader that lives is replaced on a busy machine: each time is an interruption for nothing.</summary>
/// <param name="servers">Whose leader.</param>
/// <param name="clients">How many clients write.</param>
/// <param name="hogs">How many threads compute for nothing beside them.</param>
/// <param name="duration">For how long.</param>
internal sealed class ElectionRun(IFailoverServers servers, int clients, int hogs, TimeSpan duration)
{
    private static readonly TimeSpan _round = TimeSpan.FromSeconds(2);

    /// <summary>Measures and prints.</summary>
    /// <returns>The process's exit code.</returns>
    public async Task<int> MeasureAsync(CancellationToken stop)
    {
        await servers.StartAsync(stop);
        await servers.ReadyAsync(stop);
        var rows = new Rows(10_000, keySize: 32, valueSize: 256);
        var begunAt = await servers.TermAsync(stop);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var computing = Enumerable.Range(0, hogs).Select(_ => Task.Factory.StartNew(
            () => Compute(end.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var writes = 0L;
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < duration && !stop.IsCancellationRequested)
        {
            if (clients == 0)
            {
                await Task.Delay(_round, stop);
                continue;
            }

            var node = await servers.NodeAsync(Via.Leader, stop);
            writes += Round.Run(clients, _ => servers.Dialect.Open(node, Work.Put, rows, 1), rows.Count, _round, stop).Operations;
        }

        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await end.CancelAsync();
        await Task.WhenAll(computing);
        var elections = await servers.TermAsync(stop) - begunAt;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{servers.Name}: {elections} elections in {seconds:0} s, with {clients} clients ({writes / seconds:N0} writes a second) and {hogs} computing threads"));
        return 0;
    }

    private static void Compute(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            Thread.SpinWait(10_000);
        }
    }
}
