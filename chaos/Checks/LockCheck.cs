using System.Globalization;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>A counter that is written under the fence of a lock: fences never fall, nobody's step is lost, a fence is one owner's.</summary>
internal static class LockCheck
{
    /// <summary>Judges every lock and every counter.</summary>
    /// <param name="operations">Acquisitions, whose value is the owner, and fenced writes, whose value is the counter.</param>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<Operation> operations) =>
        Owners(operations).Concat(operations
            .Where(operation => operation is { Kind: OperationKind.FencedWrite, Outcome: Outcome.Ok })
            .GroupBy(write => write.Key)
            .SelectMany(Counter));

    private static IEnumerable<Violation> Owners(IEnumerable<Operation> operations) => operations
        .Where(operation => operation is { Kind: OperationKind.Acquire, Outcome: Outcome.Ok })
        .GroupBy(grant => (grant.Key, grant.Fence))
        .Where(fence => fence.DistinctBy(grant => grant.Value).Count() > 1)
        .Select(fence => new Violation(
            Promise.LocksExclude, $"fence {fence.Key.Fence} of {fence.Key.Key}", "one owner", string.Join(", ", fence.Select(grant => grant.Value).Distinct()))
        { Evidence = [.. fence] });

    private static IEnumerable<Violation> Counter(IGrouping<string, Operation> counter)
    {
        var writes = counter.OrderBy(write => write.Revision).ToList();
        foreach (var (before, write) in writes.Zip(writes.Skip(1)))
        {
            if (write.Fence < before.Fence)
            {
                yield return Broken(before, write, $"a fence of {before.Fence} or more", $"{write.Fence}");
            }
            else if (Number(write) <= Number(before))
            {
                yield return Broken(before, write, $"more than {before.Value}", $"{write.Value}");
            }
        }
    }

    private static long Number(Operation write) => long.Parse(write.Value!, CultureInfo.InvariantCulture);

    private static Violation Broken(Operation before, Operation write, string expected, string found) =>
        new(Promise.LocksExclude, $"{write.Key} at revision {write.Revision}", expected, found) { Evidence = [before, write] };
}
