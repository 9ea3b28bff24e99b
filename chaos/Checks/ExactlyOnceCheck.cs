using System.Globalization;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>Additions of one, each sent again under its name until it is answered: each is done once, or not at all and never acknowledged.</summary>
internal static class ExactlyOnceCheck
{
    /// <summary>Judges every counter.</summary>
    /// <param name="operations">Additions, and reads of the same rows.</param>
    public static IEnumerable<Violation> Judge(IEnumerable<Operation> operations) =>
        operations.GroupBy(operation => operation.Key).SelectMany(JudgeOne);

    private static IEnumerable<Violation> JudgeOne(IGrouping<string, Operation> counter)
    {
        var names = counter.Where(operation => operation.Kind == OperationKind.Add)
            .GroupBy(operation => operation.IdempotencyKey!)
            .Select(name => new Named(
                name.Key,
                [.. name.Where(attempt => attempt.Outcome == Outcome.Ok)],
                name.Any(attempt => attempt.IsOpen)))
            .ToList();
        return Told(counter.Key, names)
            .Concat(names.Where(name => name.Told.Count > 0).GroupBy(name => name.Told[0].Result)
                .Where(same => same.Count() > 1)
                .Select(same => new Violation(
                    Promise.ExactlyOnce, $"{counter.Key} = {same.Key}", "the sum of one addition", $"of {same.Count()}")
                { Evidence = [.. same.Select(name => name.Told[0])] }))
            .Concat(Counted(counter, names));
    }

    private static IEnumerable<Violation> Counted(IEnumerable<Operation> counter, List<Named> names)
    {
        // A run has tens of thousands of additions, and nearly as many readings of their sum.
        var (revisions, counted) = (names.Where(name => name.Told.Count > 0).Select(name => name.Told[0].Revision ?? 0).Order().ToList(), 0);
        var open = names.Count(name => name.Told.Count == 0 && name.IsOpen);
        foreach (var read in counter.Where(operation => operation is { Kind: OperationKind.Read, Outcome: Outcome.Ok }).OrderBy(read => read.Revision))
        {
            while (counted < revisions.Count && revisions[counted] <= read.Revision)
            {
                counted++;
            }

            var found = read.Result is null ? 0 : long.Parse(read.Result, CultureInfo.InvariantCulture);
            if (found < counted || found > counted + open)
            {
                yield return new Violation(Promise.ExactlyOnce, $"{read.Key} at revision {read.Revision}", $"{counted} to {counted + open}", $"{found}")
                { Evidence = [read] };
            }
        }
    }

    private static IEnumerable<Violation> Told(string counter, List<Named> names) =>
        from name in names
        from again in name.Told.Skip(1)
        where (again.Result, again.Revision) != (name.Told[0].Result, name.Told[0].Revision)
        select new Violation(
            Promise.ExactlyOnce,
            $"{counter}, {name.Key}",
            $"the answer as before: {name.Told[0].Result} at revision {name.Told[0].Revision}",
            $"{again.Result} at revision {again.Revision}")
        { Evidence = name.Told };

    private sealed record Named(string Key, List<Operation> Told, bool IsOpen);
}
