using System.Collections.Concurrent;
using RaftCluster.Chaos.Faults;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Runs;

/// <summary>Puts faults in when their time has come, and writes down what became of them.</summary>
internal sealed class Injector(FaultContext context)
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _calm = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<Running, bool> _inForce = [];
    private int _long;

    /// <summary>What is in force.</summary>
    public IReadOnlyList<(string Fault, FaultReport Report)> InForce => [.. _inForce.Keys.OrderBy(each => each.Begin).Select(each => (each.Fault, each.Report))];

    /// <summary>Follows a plan until its end, or until it is told to stop; all is healed then.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="time">After this time nothing more is put in.</param>
    /// <exception cref="HarnessException">Something could not be put in or healed, for a reason that says nothing of the product.</exception>
    public async Task RunAsync(IReadOnlyList<PlannedFault> plan, TimeSpan time)
    {
        var (began, tasks) = (context.Journal.Now, new List<Task>());
        foreach (var planned in plan)
        {
            await context.HoldAsync(TimeSpan.FromMicroseconds(Math.Max(0, began + planned.At.TotalMicroseconds - context.Journal.Now)));
            if (planned.Waits)
            {
                await Task.WhenAny(Task.WhenAll(tasks), context.HoldAsync(_longestWait));
                await context.HoldAsync(_calm);
            }

            if (context.Stop.IsCancellationRequested || context.Journal.Now - began > time.TotalMicroseconds)
            {
                break;
            }

            tasks.Add(Task.Run(() => RunOneAsync(planned)));
        }

        await Task.WhenAll(tasks);
    }

    private async Task RunOneAsync(PlannedFault planned)
    {
        var running = new Running(planned.Fault.Name, new FaultReport(), context.Journal.Now);
        var hasTurn = false;
        _inForce.TryAdd(running, true);
        try
        {
            hasTurn = !planned.Fault.TakesLong || Interlocked.CompareExchange(ref _long, 1, 0) == 0;
            if (!hasTurn)
            {
                running.Report.Skip("another one that takes long is in force");
                return;
            }

            await planned.Fault.RunAsync(context, new Random(planned.Seed), planned.Hold, running.Report);
        }
        finally
        {
            if (planned.Fault.TakesLong && hasTurn)
            {
                Volatile.Write(ref _long, 0);
            }

            _inForce.TryRemove(running, out _);
            context.Journal.Add(new FaultRecord
            {
                Fault = planned.Fault.Name,
                Nodes = running.Report.Nodes,
                Begin = running.Begin,
                End = context.Journal.Now,
                Effect = running.Report.Effect,
                Detail = running.Report.Detail,
                KilledAll = Counted(running.Report.KilledAll),
                PowerLostAll = Counted(running.Report.PowerLostAll),
                BitsTurned = Counted(running.Report.BitsTurned),
                BitsNoticed = Counted(running.Report.BitsNoticed),
            });
        }
    }

    private static int? Counted(int count) => count == 0 ? null : count;

    private sealed class Running(string fault, FaultReport report, long begin)
    {
        public string Fault => fault;

        public FaultReport Report => report;

        public long Begin => begin;
    }
}
