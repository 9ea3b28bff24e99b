using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>
/// The guarantees of a session, from the revisions of its answers: no read is of before what it has seen or written (monotonic
/// reads, read your writes), and every write comes after that (monotonic writes, writes follow reads).
/// </summary>
internal static class SessionCheck
{
    /// <summary>Judges every session.</summary>
    public static IEnumerable<Violation> Judge(IEnumerable<Operation> operations) => operations
        .Where(operation => operation is { Session: not null, Outcome: Outcome.Ok, Revision: not null })
        .GroupBy(operation => operation.Session)
        .SelectMany(JudgeOne);

    private static IEnumerable<Violation> JudgeOne(IGrouping<int?, Operation> session)
    {
        Operation? newest = null;
        var rows = new Dictionary<string, Operation>();
        foreach (var operation in session.OrderBy(operation => operation.Begin))
        {
            var isRead = operation.Kind is OperationKind.Read or OperationKind.List;
            if (newest is not null && (isRead ? operation.Revision < newest.Revision : operation.Revision <= newest.Revision))
            {
                yield return Broken(session.Key, newest, operation, $"a revision {(isRead ? "of at least" : "above")} {newest.Revision}", $"{operation.Revision}");
            }

            var (before, now) = (rows.GetValueOrDefault(operation.Key), RowOf(operation));
            if (before is not null && operation.Kind == OperationKind.Read && now < RowOf(before))
            {
                yield return Broken(session.Key, before, operation, $"{operation.Key} of revision {RowOf(before)} or later", now == 0 ? "no row" : $"of {now}");
            }

            if (newest is null || operation.Revision > newest.Revision)
            {
                newest = operation;
            }

            if (before is null || now > RowOf(before))
            {
                rows[operation.Key] = operation;
            }
        }
    }

    private static long RowOf(Operation operation) => (operation.Kind == OperationKind.Read ? operation.RowRevision : operation.Revision) ?? 0;

    private static Violation Broken(int? session, Operation before, Operation operation, string expected, string found) =>
        new(Promise.SessionsGoForward, $"session {session}", expected, found) { Evidence = [before, operation] };
}
