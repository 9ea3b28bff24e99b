using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks.Registers;

/// <summary>Linearizability of rows that are read, written and compared, one row at a time.</summary>
internal static class RegisterCheck
{
    /// <summary>Judges every row.</summary>
    /// <param name="operations">Reads, writes and compare-and-sets. Reads that ask for less than linearizable say nothing here.</param>
    /// <param name="undecided">Is told what could not be judged.</param>
    public static IEnumerable<Violation> Judge(IEnumerable<Operation> operations, Action<string> undecided)
    {
        foreach (var key in operations.Where(IsJudged).GroupBy(operation => operation.Key))
        {
            var judged = key.ToList();
            switch (JudgeOne(judged))
            {
                case Linearity.Broken(var at):
                    var smallest = Smallest.Of([.. judged.Where(operation => operation.Begin <= judged[at].End)]);
                    yield return new Violation(
                        Promise.Linearizable,
                        key.Key,
                        "an order in which each operation happens between its question and its answer",
                        $"none: {judged[at]}")
                    { Evidence = smallest };
                    break;
                case Linearity.Undecided(var why):
                    undecided($"{key.Key}: {why}");
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Whether a few operations of one row can be put in an order.</summary>
    public static bool IsBroken(IReadOnlyList<Operation> operations) => JudgeOne(operations) is Linearity.Broken;

    private static Linearity JudgeOne(IReadOnlyList<Operation> operations)
    {
        var numbers = new Dictionary<string, int>();
        int Number(string? value) => value is null ? 0 : numbers.TryGetValue(value, out var known) ? known : numbers[value] = numbers.Count + 1;
        return Linearizer.Judge([.. operations.Select(operation => Step(operation, Number))]);
    }

    /// <summary>What failed did nothing and says nothing, except a comparison that did not hold. A read without an answer likewise.</summary>
    private static bool IsJudged(Operation operation) => operation.Kind switch
    {
        OperationKind.Read => operation is { Outcome: Outcome.Ok, Consistency: Consistency.Linearizable },
        OperationKind.Write => operation.Outcome is not Outcome.Failed,
        OperationKind.CompareAndSet => operation.Outcome is not Outcome.Failed || IsMismatch(operation),
        _ => false,
    };

    /// <summary>Whether a compare-and-set failed for what it found; then the answer says at which revision.</summary>
    public static bool IsMismatch(Operation operation) =>
        operation is { Kind: OperationKind.CompareAndSet, Outcome: Outcome.Failed, Revision: not null };

    private static RegisterStep Step(Operation operation, Func<string?, int> number) => operation.Kind switch
    {
        OperationKind.Read => new(StepKind.Read, number(operation.Result), 0, operation.Begin, operation.Latest),
        OperationKind.Write => new(StepKind.Write, 0, number(operation.Value), operation.Begin, operation.Latest),
        _ when IsMismatch(operation) => new(StepKind.Differ, number(operation.Expected), 0, operation.Begin, operation.Latest),
        _ => new(StepKind.Swap, number(operation.Expected), number(operation.Value), operation.Begin, operation.Latest),
    };
}
