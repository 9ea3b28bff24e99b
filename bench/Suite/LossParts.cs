using System.Diagnostics;
using RaftCluster.Bench.Failover;

namespace RaftCluster.Bench.Suite;

/// <summary>Leaders that go: three nodes of each product, and one client through a node that stays.</summary>
internal sealed class GapPart(SuiteContext context, IReadOnlyList<GapRow> wanted)
{
    private const string Part = "gaps";
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(2);

    /// <summary>Measures.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var products = context.Make(Part);
        try
        {
            var run = new GapRun(products, [.. wanted.Select(row => row.Loss)], context.Options.Gaps, _every);
            await run.StartAsync(stop);
            foreach (var row in wanted)
            {
                await context.MeasureAsync([row], () => run.LoseAsync(
                    row.Loss,
                    gap => context.Add(row, new Sample(row.Name, gap.Product, gap.Round, gap.Milliseconds, Errors: gap.Refusals, LastError: gap.LastRefusal), context.Options.Gaps),
                    stop));
            }
        }
        finally
        {
            await context.EndAsync(Part, products);
        }
    }
}

/// <summary>Starts with empty folders: from the start of the first process to the first write that is acknowledged.</summary>
internal sealed class StartPart(SuiteContext context, IReadOnlyList<StartRow> wanted)
{
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>Measures.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        foreach (var row in wanted)
        {
            await context.MeasureAsync([row], () => MeasureAsync(row, stop));
        }
    }

    private async Task MeasureAsync(StartRow row, CancellationToken stop)
    {
        for (var repeat = 1; repeat <= context.Options.Repeats; repeat++)
        {
            var part = $"{row.Name}-{repeat}";
            var products = context.Make(part, row.Nodes);
            try
            {
                foreach (var product in SuiteContext.InTurn(products, repeat))
                {
                    var seconds = await StartAsync(product, stop);
                    context.Add(row, new Sample(row.Name, product.Name, repeat, seconds), context.Options.Repeats);
                    await product.DisposeAsync();
                }
            }
            finally
            {
                await context.EndAsync(part, products);
            }
        }
    }

    private static async Task<double> StartAsync(Servers.IFailoverServers product, CancellationToken stop)
    {
        var begun = Stopwatch.GetTimestamp();
        product.Launch();
        await using var prober = new Prober(product, asked: 0, _every);
        while (prober.FirstAcknowledgement is null)
        {
            if (Stopwatch.GetElapsedTime(begun) > _patience)
            {
                throw new IOException($"{product.Name} took no write within {_patience.TotalSeconds} s of its start");
            }

            product.Process(0).MustRun();
            await Task.Delay(_every, stop);
        }

        return Stopwatch.GetElapsedTime(begun, prober.FirstAcknowledgement.Value).TotalSeconds;
    }
}
