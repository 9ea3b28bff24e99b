using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>How long nobody got through, at the longest, while a fault was in force.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Write">Between two successful writes, in microseconds.</param>
/// <param name="Read">Between two successful reads that ask for the newest.</param>
/// <param name="FromHealth">Whether writes got through until the fault began: otherwise the gap is an earlier fault's too.</param>
internal sealed record Gap(FaultRecord Fault, long Write, long Read, bool FromHealth);

/// <summary>How long writes and reads were not served.</summary>
internal static class Gaps
{
    /// <summary>The longest that a cluster may need once nothing stands in its way, in microseconds.</summary>
    public const long Bound = 15_000_000;

    /// <summary>So long without a write, when a fault begins, is trouble already: the election timeout, in microseconds.</summary>
    private const long Silence = 1_000_000;

    /// <summary>The longest gaps around each fault that took effect.</summary>
    public static IReadOnlyList<Gap> Measure(RunHistory history)
    {
        var (writes, reads) = (Ends(history, IsWrite), Ends(history, IsFreshRead));
        return [.. history.Faults.Where(fault => fault.Effect == Effect.Installed)
            .Select(fault => new Gap(
                fault, Longest(writes, fault.Begin, fault.End), Longest(reads, fault.Begin, fault.End), IsServedAt(writes, fault.Begin)))];
    }

    /// <summary>Whether the last write before a moment is not long past.</summary>
    private static bool IsServedAt(long[] ends, long moment)
    {
        var at = Array.BinarySearch(ends, moment);
        var last = (at < 0 ? ~at : at) - 1;
        return last >= 0 && moment - ends[last] < Silence;
    }

    /// <summary>Once the last fault is healed, both go on within a bound.</summary>
    public static IEnumerable<Violation> Judge(RunHistory history)
    {
        (string Name, long[] Ends)[] both = [("write", Ends(history, IsWrite)), ("read", Ends(history, IsFreshRead))];
        var last = history.Operations.Select(operation => operation.Begin).DefaultIfEmpty(0).Max();
        return
            from fault in history.Faults
            where fault.End + Bound < last && !history.Faults.Any(other => other.Begin < fault.End + Bound && other.End > fault.End)
            from each in both
            where each.Ends.Length > 0 && !each.Ends.Any(end => end > fault.End && end <= fault.End + Bound)
            select new Violation(
                Promise.RecoveryIsBounded,
                $"after {fault.Fault} of {string.Join(' ', fault.Nodes)}, healed at {fault.End / 1e6:0.0} s",
                $"a {each.Name} within {Bound / 1_000_000} s",
                "none");
    }

    /// <summary>The longest time without an end that has something in common with a span.</summary>
    private static long Longest(long[] ends, long from, long to)
    {
        var at = Array.BinarySearch(ends, from);
        at = Math.Max(0, (at < 0 ? ~at : at) - 1);
        var longest = 0L;
        for (; at + 1 < ends.Length && ends[at] <= to; at++)
        {
            longest = Math.Max(longest, ends[at + 1] - ends[at]);
        }

        return longest;
    }

    private static bool IsWrite(Operation operation) => AcknowledgedWrites.MakesARevision(operation);

    private static bool IsFreshRead(Operation operation) => operation.Consistency == Consistency.Linearizable;

    private static long[] Ends(RunHistory history, Func<Operation, bool> which) =>
        [.. history.Operations.Where(operation => operation.Outcome == Outcome.Ok && which(operation)).Select(operation => operation.End).Order()];
}
