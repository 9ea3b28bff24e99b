using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>A row on a lease is there at least as long after a sign of life as the lease lasts.</summary>
internal static class LeaseCheck
{
    /// <summary>Judges every leased row.</summary>
    /// <param name="operations">Leased writes and signs of life, each with the row as its key, and reads as fresh as can be.</param>
    public static IEnumerable<Violation> Judge(IEnumerable<Operation> operations)
    {
        foreach (var row in operations.Where(operation => operation.Outcome == Outcome.Ok).GroupBy(operation => operation.Key))
        {
            var signs = row.Where(operation => operation.Kind is OperationKind.LeasedWrite or OperationKind.KeepAlive).ToList();
            foreach (var read in row.Where(operation => operation is { Kind: OperationKind.Read, Result: null }))
            {
                // The time counts from some moment after the sign was sent; the row was seen gone at some moment before the answer.
                var early = signs.Find(sign => sign.End <= read.Begin && read.End < sign.Begin + (sign.TtlMs!.Value * 1_000));
                if (early is not null)
                {
                    yield return new Violation(
                        Promise.LeasesLast,
                        row.Key,
                        $"a row for {early.TtlMs} ms after a sign of life",
                        $"none after {(read.End - early.Begin) / 1_000} ms")
                    { Evidence = [early, read] };
                }
            }
        }
    }
}
