using RaftCluster.Chaos.Faults;

namespace RaftCluster.Chaos.Runs;

/// <summary>What a seed decides: which fault when, and for how long.</summary>
internal static class Schedule
{
    /// <summary>So often, a fault begins while another one is in force.</summary>
    private const double Overlap = 0.35;

    /// <summary>So often each of the faults that end everything comes in a turn of all faults, when cycles are asked for.</summary>
    private static readonly Dictionary<string, int> _cycles = new() { ["kill-all"] = 14, ["power-all"] = 10 };

    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _cycle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _leastHold = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan _mostHold = TimeSpan.FromSeconds(5);

    /// <summary>Makes one: every fault once before any comes again, in an order by chance.</summary>
    /// <param name="faults">The faults to choose from.</param>
    /// <param name="time">How long.</param>
    /// <param name="chance">Decides.</param>
    /// <param name="cycles">Whether those that end everything at once come many times as often.</param>
    public static IReadOnlyList<PlannedFault> Of(IReadOnlyList<Fault> faults, TimeSpan time, Random chance, bool cycles = false)
    {
        var (plan, left) = (new List<PlannedFault>(), new Queue<Fault>());
        var waits = false;
        for (var at = _calm; faults.Count > 0 && at < time;)
        {
            if (left.Count == 0)
            {
                left = new Queue<Fault>(faults
                    .SelectMany(fault => Enumerable.Repeat(fault, cycles ? _cycles.GetValueOrDefault(fault.Name, 1) : 1))
                    .OrderBy(_ => chance.Next()).ToList());
            }

            var next = left.Dequeue();
            if (cycles && _cycles.ContainsKey(next.Name))
            {
                // It meets all nodes, so it begins when nothing is in force; and it takes as long as it takes.
                plan.Add(new PlannedFault(at, next, TimeSpan.Zero, chance.Next(), Waits: true));
                (waits, at) = (true, at + _cycle);
                continue;
            }

            var hold = _leastHold + ((_mostHold - _leastHold) * chance.NextDouble());
            if (at + hold > time)
            {
                break;
            }

            plan.Add(new PlannedFault(at, next, hold, chance.Next(), waits));
            waits = chance.NextDouble() >= Overlap;
            at += waits ? hold + (_calm * chance.NextDouble()) : hold * chance.NextDouble() * 0.8;
        }

        return plan;
    }
}
