using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>
/// Every answer to a read is a picture at a revision, however old: it must show each row as the last acknowledged write up to
/// that revision left it, or a later one of unknown outcome.
/// </summary>
internal static class PictureCheck
{
    /// <summary>Judges all reads and lists.</summary>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<Operation> operations)
    {
        var writes = new AcknowledgedWrites([.. operations.Where(operation => operation.Kind != OperationKind.LeasedWrite)]);
        foreach (var read in operations.Where(operation => operation is { Outcome: Outcome.Ok, Revision: not null }))
        {
            var violations = read.Kind switch
            {
                OperationKind.Read => Row(writes, read, read.Key, read.Result, read.RowRevision),
                OperationKind.List => (read.Rows ?? []).SelectMany(row => Row(writes, read, row.Key, row.Value, row.Revision))
                    .Concat(Missing(writes, read)),
                _ => [],
            };
            foreach (var violation in violations)
            {
                yield return violation;
            }
        }
    }

    private static IEnumerable<Violation> Row(AcknowledgedWrites writes, Operation read, string key, string? value, long? rowRevision)
    {
        if (rowRevision > read.Revision)
        {
            yield return Broken(read, key, $"no row newer than the picture, {read.Revision}", $"one of {rowRevision}");
        }

        var isRightlyGone = rowRevision is null && writes.IsPerhapsDeleted(key);
        if (!isRightlyGone && writes.LastOf(key, read.Revision!.Value) is { } last && last.Revision > (rowRevision ?? 0)
            && (rowRevision is not null || last.Value is not null))
        {
            yield return Broken(read, key, $"what was written at revision {last.Revision}, or later", rowRevision is null ? "no row" : $"a row of {rowRevision}", last);
        }

        if (rowRevision is { } at && writes.At(key, at) is { } source && (source.Kind == OperationKind.Add ? source.Result : source.Value) != value)
        {
            yield return Broken(read, key, $"'{source.Value}' at revision {at}", $"'{value}'", source);
        }
    }

    private static IEnumerable<Violation> Missing(AcknowledgedWrites writes, Operation list)
    {
        var shown = (list.Rows ?? []).Select(row => row.Key).ToHashSet();
        return writes.Under(list.Key)
            .Where(key => !shown.Contains(key))
            .SelectMany(key => Row(writes, list, key, value: null, rowRevision: null));
    }

    private static Violation Broken(Operation read, string key, string expected, string found, params Operation[] others) =>
        new(Promise.PicturesAreWhole, $"{key} at revision {read.Revision} on {read.Node}", expected, found) { Evidence = [.. others, read] };
}
