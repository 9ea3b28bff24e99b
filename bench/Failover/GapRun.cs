using System.Diagnostics;
using System.Globalization;
using RaftCluster.Bench.Report;
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
    private const int MostRefusals = 5;

    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>Measures and prints a table.</summary>
    /// <returns>The process's exit code.</returns>
    public async Task<int> MeasureAsync(CancellationToken stop)
    {
        await StartAsync(stop);
        Console.WriteLine("| Product | The leader | Median, ms | Worst, ms | Best, ms | Times | Writes refused or unanswered |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|");
        foreach (var loss in losses)
        {
            var gaps = await LoseAsync(loss, _ => { }, stop);
            foreach (var product in products)
            {
                var of = gaps.Where(gap => gap.Product == product.Name).ToList();
                var sorted = of.Select(gap => gap.Milliseconds).Order().ToArray();
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {product.Name} | {Words(loss)} | {Statistics.Median(sorted):0} | {sorted[^1]:0} | {sorted[0]:0} | {sorted.Length} | {of.Sum(gap => gap.Failed)} |"));
                foreach (var gap in of.Where(gap => gap.Refusals > 0))
                {
                    Console.Error.WriteLine($"{product.Name}, time {gap.Round}: {gap.Refusals} times it did not go: {gap.LastRefusal}");
                }
            }
        }

        return 0;
    }

    /// <summary>Starts the products.</summary>
    public async Task StartAsync(CancellationToken stop)
    {
        foreach (var product in products)
        {
            await product.StartAsync(stop);
            await product.ReadyAsync(stop);
        }
    }

    /// <summary>Takes the leaders away in one way, again and again, from the products in turn.</summary>
    /// <param name="loss">How.</param>
    /// <param name="measured">Is told each gap, when it is known.</param>
    /// <param name="stop">Ends the run.</param>
    public async Task<IReadOnlyList<WriteGap>> LoseAsync(Loss loss, Action<WriteGap> measured, CancellationToken stop)
    {
        var gaps = new List<WriteGap>();
        for (var round = 1; round <= repeats; round++)
        {
            // In turn, and the other way round next time.
            foreach (var product in round % 2 == 1 ? products : products.Reverse())
            {
                gaps.Add(await LoseAsync(product, loss, round, stop));
                measured(gaps[^1]);
            }
        }

        return gaps;
    }

    private static string Words(Loss loss) => loss switch
    {
        Loss.Kill => "is killed",
        Loss.Stop => "is asked to stop",
        Loss.Transfer => "hands over",
        _ => "freezes",
    };

    private async Task<WriteGap> LoseAsync(IFailoverServers servers, Loss loss, int round, CancellationToken stop)
    {
        for (var refusals = new List<string>(); ;)
        {
            try
            {
                var (gap, failed) = await LoseOnceAsync(servers, loss, stop);
                return new WriteGap(servers.Name, round, gap.TotalMilliseconds, failed, refusals.Count, refusals.LastOrDefault());
            }
            catch (RefusedException refused) when (refusals.Count < MostRefusals)
            {
                // Not lost, so there is no gap to measure: counted, and tried again.
                refusals.Add(refused.Message);
                await servers.ReadyAsync(stop);
            }
        }
    }

    private async Task<(TimeSpan Gap, int Failed)> LoseOnceAsync(IFailoverServers servers, Loss loss, CancellationToken stop)
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
            if (await servers.LeaderAsync(stop) != leader)
            {
                throw new RefusedException("the leader changed before it was taken away");
            }

            var before = prober.Failed;
            var moment = Stopwatch.GetTimestamp();
            switch (loss)
            {
                case Loss.Transfer:
                    try
                    {
                        await servers.TransferAsync(heir, stop);
                    }
                    catch (IOException refused)
                    {
                        throw new RefusedException(refused.Message);
                    }

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

/// <summary>One time that a leader went.</summary>
/// <param name="Product">Whose.</param>
/// <param name="Round">Which time, from 1.</param>
/// <param name="Milliseconds">For how long no write was acknowledged.</param>
/// <param name="Failed">How many writes were refused, or not answered.</param>
/// <param name="Refusals">How often it did not go before, though it was asked to.</param>
/// <param name="LastRefusal">Why, the last time.</param>
internal sealed record WriteGap(string Product, int Round, double Milliseconds, int Failed, int Refusals, string? LastRefusal);

/// <summary>A leader did not go.</summary>
internal sealed class RefusedException(string why) : Exception(why);
