using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks.Registers;

/// <summary>
/// The fewest operations that still show that a row is not linearizable. Only what can't make a sound history unsound is left
/// out: reads; comparisons that did not hold; and, once there are none of those, all writes of a value with everybody who saw it.
/// </summary>
internal static class Smallest
{
    /// <summary>Tries.</summary>
    /// <param name="operations">Operations of one row that can't be put in an order.</param>
    public static IReadOnlyList<Operation> Of(IReadOnlyList<Operation> operations)
    {
        var left = operations.ToList();
        foreach (var operation in operations.Where(IsOnlyALook).Reverse())
        {
            LeaveOut(left, [operation]);
        }

        foreach (var same in operations.Where(operation => !IsOnlyALook(operation)).GroupBy(operation => operation.Value))
        {
            // A compare-and-set that expected the value would lose its footing, and one that made it its place; then they stay.
            var seen = left.Where(other => Sees(other, same.Key)).ToList();
            if (!left.Any(RegisterCheck.IsMismatch)
                && same.All(operation => operation.Kind == OperationKind.Write)
                && seen.TrueForAll(other => other.Kind == OperationKind.Read))
            {
                LeaveOut(left, [.. same, .. seen]);
            }
        }

        return left;
    }

    private static void LeaveOut(List<Operation> left, IReadOnlyList<Operation> some)
    {
        var without = left.Except(some).ToList();
        if (RegisterCheck.IsBroken(without))
        {
            left.Clear();
            left.AddRange(without);
        }
    }

    private static bool IsOnlyALook(Operation operation) => operation.Kind == OperationKind.Read || RegisterCheck.IsMismatch(operation);

    private static bool Sees(Operation operation, string? value) => operation.Kind switch
    {
        OperationKind.Read => operation.Result == value,
        OperationKind.CompareAndSet => operation.Expected == value,
        _ => false,
    };
}
