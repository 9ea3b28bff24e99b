using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>Holds the revisions that clients were told to one history.</summary>
internal static class RevisionCheck
{
    /// <summary>Judges them.</summary>
    /// <param name="operations">Every write the cluster ever got, all ended.</param>
    /// <param name="picture">All its rows, read after that.</param>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<WriteOperation> operations, Picture picture)
    {
        var done = operations.Where(write => write.Outcome is WriteOutcome.Acknowledged)
            .Select(write => (Write: write, ((WriteOutcome.Acknowledged)write.Outcome).Revision))
            .ToList();
        return Twice(done, picture).Concat(Backwards(done)).Concat(Count(operations, done.Count, picture.Revision));
    }

    /// <summary>A revision names one write.</summary>
    private static IEnumerable<Violation> Twice(List<(WriteOperation Write, long Revision)> done, Picture picture)
    {
        var owners = new Dictionary<long, (string Key, string Value)>();
        var claims = done.Select(each => (each.Revision, each.Write.Key, each.Write.Value))
            .Concat(picture.Items.Select(item => (item.Value.Revision, item.Key, item.Value.Value)));
        foreach (var (revision, key, value) in claims)
        {
            if (!owners.TryAdd(revision, (key, value)) && owners[revision] != (key, value))
            {
                yield return new Violation(
                    Promise.RevisionsAreOneHistory,
                    $"revision {revision}",
                    $"one write ({owners[revision].Key})",
                    $"another one too ({key})");
            }
        }
    }

    /// <summary>A write that began after another had ended comes later in history.</summary>
    private static IEnumerable<Violation> Backwards(List<(WriteOperation Write, long Revision)> done)
    {
        var ended = new PriorityQueue<long, long>(done.Select(each => (each.Revision, each.Write.Ended)));
        var newest = 0L;
        foreach (var (write, revision) in done.OrderBy(each => each.Write.Begun))
        {
            while (ended.TryPeek(out var before, out var at) && at < write.Begun)
            {
                ended.Dequeue();
                newest = Math.Max(newest, before);
            }

            if (revision <= newest)
            {
                yield return new Violation(
                    Promise.RevisionsAreOneHistory,
                    write.Key,
                    $"a revision above {newest}, which was answered before it began",
                    $"revision {revision}");
            }
        }
    }

    /// <summary>Each write is one revision, so there are as many as were applied.</summary>
    private static IEnumerable<Violation> Count(IReadOnlyCollection<WriteOperation> operations, int done, long revision)
    {
        var open = operations.Count(write => write.Outcome is WriteOutcome.Unknown or WriteOutcome.Fault);
        if (revision < done || revision > done + open)
        {
            yield return new Violation(
                Promise.RevisionsAreOneHistory, "all writes", $"{done} revisions to {done + open} (with the unknown ones)", $"{revision}");
        }
    }
}
