using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>Lists that grow at their end: every reading begins as every later one does, and holds what was acknowledged before.</summary>
internal static class AppendCheck
{
    /// <summary>What stands between elements.</summary>
    public const char Between = ',';

    /// <summary>The elements of a list.</summary>
    /// <param name="text">The row; null for none.</param>
    public static string[] Elements(string? text) => text is null ? [] : text.Split(Between);

    /// <summary>Judges every list.</summary>
    /// <param name="operations">Appends, whose value is the whole new list, and reads.</param>
    public static IEnumerable<Violation> Judge(IEnumerable<Operation> operations) =>
        operations.GroupBy(operation => operation.Key).SelectMany(JudgeOne);

    private static IEnumerable<Violation> JudgeOne(IGrouping<string, Operation> list)
    {
        var appends = list.Where(operation => operation.Kind == OperationKind.Append).ToList();
        var tried = appends.GroupBy(Added).ToDictionary(element => element.Key, element => element.First());
        var done = appends.Where(append => append.Outcome == Outcome.Ok).ToList();
        Operation? before = null;
        foreach (var read in list.Where(operation => operation is { Kind: OperationKind.Read, Outcome: Outcome.Ok })
            .OrderBy(read => read.Revision).ThenBy(read => read.Begin))
        {
            var elements = Elements(read.Result);
            var held = elements.ToHashSet();
            if (held.Count < elements.Length)
            {
                yield return Broken(read, "each element once", string.Join(Between, elements.GroupBy(each => each).Where(each => each.Count() > 1).Select(each => each.Key)));
            }

            if (before is not null && !elements.AsSpan().StartsWith(Elements(before.Result)))
            {
                yield return Broken(read, $"a list that begins as at revision {before.Revision}", read.Result ?? "no row", before);
            }

            var stranger = elements.FirstOrDefault(element => !tried.TryGetValue(element, out var append) || append.Outcome == Outcome.Failed);
            if (stranger is not null)
            {
                yield return Broken(read, "what was appended and not refused", stranger, [.. tried.TryGetValue(stranger, out var refused) ? [refused] : Array.Empty<Operation>()]);
            }

            // By revision, and, for a reading as fresh as can be, by time.
            var lost = done.Find(append => !held.Contains(Added(append))
                && (append.Revision <= read.Revision || (read.Consistency == Consistency.Linearizable && append.End < read.Begin)));
            if (lost is not null)
            {
                yield return Broken(read, $"{Added(lost)}, appended at revision {lost.Revision}", read.Result ?? "no row", lost);
            }

            before = read;
        }
    }

    private static string Added(Operation append) => Elements(append.Value)[^1];

    private static Violation Broken(Operation read, string expected, string found, params Operation[] others) =>
        new(Promise.AppendsAreKept, $"{read.Key} at revision {read.Revision} on {read.Node}", expected, found) { Evidence = [.. others, read] };
}
