using RaftCluster.Chaos.Faults;

namespace RaftCluster.Chaos.Runs;

/// <summary>What a seed decides: which fault when, and for how long.</summary>
internal static class Schedule
{
    /// <summary>So often, a fault begins while another one is in force.</summary>
    private const double Overlap = 0.35;

    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _leastHold = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan _mostHold = TimeSpan.FromSeconds(5);

    /// <summary>Makes one: every fault once before any comes again, in an order by chance.</summary>
    /// <param name="faults">The faults to choose from.</param>
    /// <param name="time">How long.</param>
    /// <param name="chance">Decides.</param>
    public static IReadOnlyList<PlannedFault> Of(IReadOnlyList<Fault> faults, TimeSpan time, Random chance)
    {
        var (plan, left) = (new List<PlannedFault>(), new Queue<Fault>());
        var waits = false;
        for (var at = _calm; faults.Count > 0;)
        {
            if (left.Count == 0)
            {
                left = new Queue<Fault>(faults.OrderBy(_ => chance.Next()).ToList());
            }

            var hold = _leastHold + ((_mostHold - _leastHold) * chance.NextDouble());
            if (at + hold > time)
            {
                break;
            }

            plan.Add(new PlannedFault(at, left.Dequeue(), hold, chance.Next(), waits));
            waits = chance.NextDouble() >= Overlap;
            at += waits ? hold + (_calm * chance.NextDouble()) : hold * chance.NextDouble() * 0.8;
        }

        return plan;
    }
}
