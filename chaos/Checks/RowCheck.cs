using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>Holds the rows of a cluster to what its clients were told.</summary>
internal static class RowCheck
{
    /// <summary>Judges all rows at once.</summary>
    /// <param name="operations">Every write the cluster ever got, all ended.</param>
    /// <param name="picture">All its rows, read after that.</param>
    public static IEnumerable<Violation> Judge(IEnumerable<WriteOperation> operations, Picture picture)
    {
        var byKey = operations.GroupBy(operation => operation.Key).ToDictionary(group => group.Key, group => group.ToList());
        foreach (var (key, writes) in byKey)
        {
            if (Judge(key, writes, picture.Items.GetValueOrDefault(key)) is { } violation)
            {
                yield return violation;
            }
        }

        foreach (var (key, row) in picture.Items)
        {
            if (!byKey.ContainsKey(key))
            {
                yield return new Violation(Promise.NothingComesFromNowhere, key, "no row, for nobody wrote it", Text(row));
            }
        }
    }

    private static Violation? Judge(string key, List<WriteOperation> writes, Row? row)
    {
        var done = writes.Where(write => write.Outcome is WriteOutcome.Acknowledged)
            .OrderBy(write => ((WriteOutcome.Acknowledged)write.Outcome).Revision)
            .ToList();
        var open = writes.Count(write => write.Outcome is WriteOutcome.Unknown or WriteOutcome.Fault);
        var last = done.Count > 0 ? (WriteOutcome.Acknowledged)done[^1].Outcome : null;
        if (row is null)
        {
            return last is null ? null : Lost(key, Text(done[^1]), row);
        }

        if (last is not null && row.Revision < last.Revision)
        {
            return Lost(key, $"{Text(done[^1])}, or a later one", row);
        }

        var source = writes.Find(write => write.Value == row.Value);
        switch (source?.Outcome)
        {
            case null:
                return new Violation(Promise.NothingComesFromNowhere, key, "a value that was written to it", Text(row));
            case WriteOutcome.Refused:
                return new Violation(Promise.NothingComesFromNowhere, key, $"not the write that was refused ({Text(source)})", Text(row));
            case WriteOutcome.Acknowledged told when told.Revision != row.Revision:
                return Lost(key, Text(source), row);
            case WriteOutcome.Unknown or WriteOutcome.Fault when last is not null && row.Revision == last.Revision:
                return Lost(key, Text(done[^1]), row);
            default:
                break;
        }

        return row.Version < done.Count || row.Version > done.Count + open
            ? new Violation(
                Promise.NothingAcknowledgedIsLost,
                key,
                $"{done.Count} acknowledged changes and at most {open} unknown ones",
                $"{row.Version} changes")
            : null;
    }

    private static Violation Lost(string key, string expected, Row? row) =>
        new(Promise.NothingAcknowledgedIsLost, key, expected, row is null ? "no row" : Text(row));

    private static string Text(Row row) => $"'{Short(row.Value)}' of revision {row.Revision}, version {row.Version}";

    private static string Text(WriteOperation write) => write.Outcome is WriteOutcome.Acknowledged done
        ? $"'{Short(write.Value)}' of revision {done.Revision}, version {done.Version}"
        : $"'{Short(write.Value)}'";

    private static string Short(string value) => value.Length <= 40 ? value : value[..40] + "…";
}
