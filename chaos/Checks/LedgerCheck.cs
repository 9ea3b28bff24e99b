using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>Rows that are written once: those that were acknowledged are there, those that were refused are not, and no others.</summary>
internal static class LedgerCheck
{
    /// <summary>Judges every list of the ledger. What was acknowledged up to its revision is judged by <see cref="PictureCheck"/>, too.</summary>
    /// <param name="operations">The writes, and lists of all rows.</param>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<Operation> operations)
    {
        var writes = operations.Where(operation => operation.Kind == OperationKind.Write).ToDictionary(write => write.Key);
        foreach (var list in operations.Where(operation => operation is { Kind: OperationKind.List, Outcome: Outcome.Ok }))
        {
            var rows = list.Rows!.ToDictionary(row => row.Key);
            foreach (var lost in writes.Values.Where(write =>
                write.Outcome == Outcome.Ok && write.End < list.Begin && !rows.ContainsKey(write.Key)))
            {
                yield return new Violation(Promise.NothingAcknowledgedIsLost, lost.Key, $"the row of revision {lost.Revision}", "no row")
                { Evidence = [lost, list with { Rows = null }] };
            }

            foreach (var row in rows.Values)
            {
                var write = writes.GetValueOrDefault(row.Key);
                if (write is null || write.Outcome == Outcome.Failed || write.Value != row.Value
                    || (write.Outcome == Outcome.Ok && write.Revision != row.Revision))
                {
                    yield return new Violation(
                        Promise.NothingComesFromNowhere,
                        row.Key,
                        write is null ? "no row, for nobody wrote it" : write.ToString(),
                        $"'{row.Value}' of revision {row.Revision}")
                    { Evidence = write is null ? [] : [write] };
                }
            }
        }
    }
}
