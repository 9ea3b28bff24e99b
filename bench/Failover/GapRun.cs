using System.Diagnostics;
using System.Globalization;
using RaftCluster.Bench.Servers;

namespace RaftCluster.Bench.Failover;

/// <summary>How a leader goes.</summary>
internal enum Loss
{
    /// <summary>Its process is killed.</summary>
    Kill,

    /// <summary>It is asked to stop, with SIGTERM.</summary>
    Stop,

    /// <summary>It hands over to another node, and goes on.</summary>
    Transfer,

    /// <summary>It stands still, with SIGSTOP: to the others as if its machine or its cable were gone.</summary>
    Freeze,
}

/// <summary>For how long no write is acknowledged when the leader goes: one client, through a node that stays.</summary>
/// <param name="products">Whose leaders.</param>
/// <param name="losses">How they go.</param>
/// <param name="repeats">How often each.</param>
/// <param name="every">How often a write is sent.</param>
internal sealed class GapRun(IReadOnlyList<IFailoverServers> products, IReadOnlyList<Loss> losses, int repeats, TimeSpan every)
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigStop = 19;
    private const int SigContinue = 18;

    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>Measures and prints a table.</summary>
    /// <returns>The process's exit code.</returns>
    public async Task<int> MeasureAsync(CancellationToken stop)
    {
        foreach (var product in products)
        {
            await product.StartAsync(stop);
            await product.ReadyAsync(stop);
        }

        Console.WriteLine("| Product | The leader | Median, ms | Worst, ms | Best, ms | Times | Writes refused or unanswered |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|");
        foreach (var loss in losses)
        {
            var gaps = products.ToDictionary(product => product, _ => new List<double>());
            var failed = products.ToDictionary(product => product, _ => 0);
            for (var round = 0; round < repeats; round++)
            {
                foreach (var product in products)
                {
                    var (gap, refused) = await LoseAsync(product, loss, stop);
                    gaps[product].Add(gap.TotalMilliseconds);
                    failed[product] += refused;
                }
            }

            foreach (var product in products)
            {
                var sorted = gaps[product].Order().ToArray();
                var median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {product.Name} | {Words(loss)} | {median:0} | {sorted[^1]:0} | {sorted[0]:0} | {sorted.Length} | {failed[product]} |"));
            }
        }

        return 0;
    }

    private static string Words(Loss loss) => loss switch
    {
        Loss.Kill => "is killed",
        Loss.Stop => "is asked to stop",
        Loss.Transfer => "hands over",
        _ => "freezes",
    };

    private async Task<(TimeSpan Gap, int Failed)> LoseAsync(IFailoverServers servers, Loss loss, CancellationToken stop)
    {
        var leader = await servers.LeaderAsync(stop);
        var asked = (leader + 1) % 3;
        var heir = (leader + 2) % 3;
        TimeSpan gap;
        int failed;
        await using (var prober = new Prober(servers, asked, every))
        {
            await ServesAsync(prober, Stopwatch.GetTimestamp(), stop);
            await Task.Delay(_settle, stop);
            var before = prober.Failed;
            var moment = Stopwatch.GetTimestamp();
            switch (loss)
            {
                case Loss.Transfer:
                    await servers.TransferAsync(heir, stop);
                    break;
                default:
                    servers.Process(leader).Send(loss == Loss.Kill ? SigKill : loss == Loss.Stop ? SigTerm : SigStop);
                    break;
            }

            await ServesAsync(prober, moment, stop);
            await Task.Delay(_settle, stop);
            (gap, failed) = (prober.LongestGapSince(moment), prober.Failed - before);
        }

        if (loss is Loss.Kill or Loss.Stop)
        {
            await servers.Process(leader).EndedAsync(stop);
            await servers.Process(leader).DisposeAsync();
            servers.Start(leader);
        }
        else if (loss == Loss.Freeze)
        {
            servers.Process(leader).Send(SigContinue);
        }

        await servers.ReadyAsync(stop);
        await Task.Delay(_settle, stop);
        return (gap, failed);
    }

    /// <summary>Waits until a write that is sent from now on is acknowledged.</summary>
    private static async Task ServesAsync(Prober prober, long since, CancellationToken stop)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!prober.HasServedSince(since))
        {
            if (Stopwatch.GetElapsedTime(begun) > _patience)
            {
                throw new IOException($"no write was acknowledged for {_patience.TotalSeconds} s");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), stop);
        }
    }
}
