using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>The change feed is the history: every revision once, in order, the same from every node, and as writers were told.</summary>
internal static class FeedCheck
{
    /// <summary>Judges what the consumers got.</summary>
    /// <param name="feed">In the order in which they got it.</param>
    /// <param name="operations">What writers were told.</param>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<FeedRecord> feed, IReadOnlyCollection<Operation> operations)
    {
        var events = new Dictionary<long, FeedRecord>();
        return [.. Gaps(feed), .. Differences(feed, events), .. Told(events, operations), .. FromNowhere(events, operations)];
    }

    private static IEnumerable<Violation> Gaps(IEnumerable<FeedRecord> feed)
    {
        var last = new Dictionary<int, FeedRecord>();
        foreach (var change in feed)
        {
            if (last.TryGetValue(change.Consumer, out var before) && change.Revision != before.Revision + 1)
            {
                yield return new Violation(
                    Promise.TheFeedIsTheLog,
                    $"consumer {change.Consumer}, from {change.Node} after {before.Node}",
                    $"revision {before.Revision + 1}",
                    $"{change.Revision}");
            }

            last[change.Consumer] = change;
        }
    }

    private static IEnumerable<Violation> Differences(IEnumerable<FeedRecord> feed, Dictionary<long, FeedRecord> events)
    {
        foreach (var change in feed)
        {
            if (!events.TryAdd(change.Revision, change) && events[change.Revision].Hash != change.Hash)
            {
                yield return new Violation(
                    Promise.TheFeedIsTheLog,
                    $"revision {change.Revision}",
                    $"as from {events[change.Revision].Node}: {Text(events[change.Revision])}",
                    $"from {change.Node}: {Text(change)}");
            }
        }
    }

    private static IEnumerable<Violation> Told(Dictionary<long, FeedRecord> events, IEnumerable<Operation> operations)
    {
        foreach (var write in operations.Where(write => AcknowledgedWrites.IsWriteOfOneRow(write) && write is { Outcome: Outcome.Ok, Revision: not null }))
        {
            var value = write.Kind == OperationKind.Add ? write.Result : write.Value;
            if (events.TryGetValue(write.Revision!.Value, out var change)
                && !change.Changes.Any(each => each.Table == "kv" && each.Key == write.Key && each.Value == value))
            {
                yield return new Violation(
                    Promise.TheFeedIsTheLog, $"revision {write.Revision}", $"{write.Key} = '{value}', as its writer was told", Text(change))
                { Evidence = [write] };
            }
        }
    }

    private static IEnumerable<Violation> FromNowhere(Dictionary<long, FeedRecord> events, IEnumerable<Operation> operations)
    {
        // Only where no two writes have the same value can it be told whose a change is.
        var refused = operations
            .Where(write => write is { Kind: OperationKind.Write or OperationKind.CompareAndSet or OperationKind.Append, Value: not null })
            .GroupBy(write => (write.Key, write.Value))
            .Where(same => same.All(write => write.Outcome == Outcome.Failed))
            .ToDictionary(same => same.Key, same => same.First());
        return from change in events.Values
               from each in change.Changes
               where refused.ContainsKey((each.Key, each.Value))
               select new Violation(
                   Promise.NothingComesFromNowhere, $"revision {change.Revision}", $"not {each.Key} = '{each.Value}', which was refused", "just that")
               { Evidence = [refused[(each.Key, each.Value)]] };
    }

    private static string Text(FeedRecord change) => string.Join(", ", change.Changes.Select(each => $"{each.Op} {each.Table}/{each.Key} '{each.Value}'"));
}
