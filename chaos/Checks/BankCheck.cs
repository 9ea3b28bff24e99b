using System.Globalization;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>Transfers between accounts leave the total as it was, in every picture, on every node.</summary>
internal static class BankCheck
{
    /// <summary>Judges all pictures of the accounts.</summary>
    /// <param name="operations">The writes that opened the accounts, and lists of all of them.</param>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<Operation> operations)
    {
        var opened = operations.Where(operation => operation is { Kind: OperationKind.Write, Outcome: Outcome.Ok }).ToList();
        var (total, since) = (opened.Sum(write => Number(write.Value!)), opened.Select(write => write.Revision).DefaultIfEmpty(0).Max());
        return operations
            .Where(list => list is { Kind: OperationKind.List, Outcome: Outcome.Ok } && list.Revision >= since)
            .Select(list => (List: list, Sum: list.Rows!.Sum(row => Number(row.Value))))
            .Where(each => each.Sum != total)
            .Select(each => new Violation(
                Promise.TransactionsAreAtomic, $"all accounts at revision {each.List.Revision} on {each.List.Node}", $"{total}", $"{each.Sum}")
            { Evidence = [each.List] });
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
