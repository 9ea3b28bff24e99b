using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>Holds the logs on the disks to each other and to what clients were told.</summary>
internal static class LogCheck
{
    /// <summary>Damage of any log.</summary>
    public static IEnumerable<Violation> Sound(IReadOnlyDictionary<string, LogCopy> copies) =>
        from copy in copies
        from damage in copy.Value.Damage
        select new Violation(Promise.NodesRecover, $"the log of {copy.Key}", "no damage", damage);

    /// <summary>Logs agree: everywhere up to what is applied, and behind it where an index has the same term.</summary>
    /// <param name="copies">The logs, by node.</param>
    /// <param name="applied">The last index that every node applied.</param>
    public static IEnumerable<Violation> Equal(IReadOnlyDictionary<string, LogCopy> copies, long applied)
    {
        foreach (var (node, copy) in copies)
        {
            if (copy.Last < applied)
            {
                yield return new Violation(
                    Promise.NodesAreEqual, $"the log of {node}", $"all entries up to {applied}", $"its last is {copy.Last}");
            }
        }

        var (first, others) = (copies.First(), copies.Skip(1));
        var compared = new List<KeyValuePair<string, LogCopy>> { first };
        foreach (var other in others)
        {
            foreach (var before in compared)
            {
                foreach (var (index, entry) in before.Value.Entries)
                {
                    if (other.Value.Entries.TryGetValue(index, out var theirs)
                        && (index <= applied || entry.Term == theirs.Term)
                        && (entry.Term, entry.Kind, entry.PayloadHash) != (theirs.Term, theirs.Kind, theirs.PayloadHash))
                    {
                        yield return new Violation(
                            Promise.NodesAreEqual,
                            $"index {index}",
                            $"as on {before.Key}: {Text(entry)}",
                            $"on {other.Key}: {Text(theirs)}");
                    }
                }
            }

            compared.Add(other);
        }
    }

    /// <summary>
    /// What was acknowledged is on a majority of disks. A log that was cut is taken to have had what is before its first
    /// entry: whether the rows have it is judged when they are read.
    /// </summary>
    /// <param name="operations">The writes; only those whose key no other write has can be told apart here.</param>
    /// <param name="copies">The logs of all nodes, read while none runs.</param>
    public static IEnumerable<Violation> OnAMajority(IEnumerable<WriteOperation> operations, IReadOnlyDictionary<string, LogCopy> copies)
    {
        var indexes = new Dictionary<string, long>();
        foreach (var (index, entry) in copies.Values.SelectMany(copy => copy.Entries))
        {
            foreach (var key in entry.Keys)
            {
                indexes[key] = index;
            }
        }

        var keys = copies.ToDictionary(
            copy => copy.Key, copy => copy.Value.Entries.Values.SelectMany(entry => entry.Keys).ToHashSet());
        foreach (var write in operations.Where(write => write is { IsOnly: true, Outcome: WriteOutcome.Acknowledged }))
        {
            var index = indexes.GetValueOrDefault(write.Key, 1);
            var on = copies
                .Where(copy => keys[copy.Key].Contains(write.Key) || index <= copy.Value.Floor)
                .Select(copy => copy.Key)
                .ToList();
            if (on.Count <= copies.Count / 2)
            {
                yield return new Violation(
                    Promise.CommittedMeansOnAMajorityOfDisks,
                    write.Key,
                    $"on {(copies.Count / 2) + 1} of {copies.Count} disks",
                    on.Count == 0 ? "on none" : $"on {string.Join(", ", on)} alone");
            }
        }
    }

    private static string Text(LoggedEntry entry) => $"{entry.Kind} of term {entry.Term}, hash {entry.PayloadHash}";
}
