using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>The revisions of acknowledged writes are one history: each is given once, and a later write has a higher one.</summary>
internal static class WriteOrderCheck
{
    /// <summary>Judges all writes that make a revision.</summary>
    public static IEnumerable<Violation> Judge(IEnumerable<Operation> operations)
    {
        var done = operations.Where(operation =>
            AcknowledgedWrites.MakesARevision(operation) && operation is { Outcome: Outcome.Ok, Revision: not null, Replayed: not true }).ToList();
        return Twice(done).Concat(Backwards(done));
    }

    private static IEnumerable<Violation> Twice(List<Operation> done) => done
        .GroupBy(write => write.Revision)
        .Where(claims => claims.DistinctBy(write => write.IdempotencyKey ?? $"#{write.Id}").Count() > 1)
        .Select(claims => new Violation(
            Promise.RevisionsAreOneHistory, $"revision {claims.Key}", "one write", $"{claims.Count()}")
        { Evidence = [.. claims] });

    private static IEnumerable<Violation> Backwards(List<Operation> done)
    {
        var ended = new PriorityQueue<Operation, long>(done.Where(write => write.IdempotencyKey is null).Select(write => (write, write.End)));
        Operation? newest = null;
        foreach (var write in done.Where(write => write.IdempotencyKey is null).OrderBy(write => write.Begin))
        {
            while (ended.TryPeek(out var before, out var at) && at < write.Begin)
            {
                ended.Dequeue();
                newest = newest is null || before.Revision > newest.Revision ? before : newest;
            }

            if (newest is not null && write.Revision <= newest.Revision)
            {
                yield return new Violation(
                    Promise.RevisionsAreOneHistory,
                    write.Key,
                    $"a revision above {newest.Revision}, which was answered before it began",
                    $"{write.Revision}")
                { Evidence = [newest, write] };
            }
        }
    }
}
