using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>The writes of single rows that were acknowledged, each with its revision.</summary>
internal sealed class AcknowledgedWrites
{
    private readonly Dictionary<string, List<Operation>> _byKey;
    private readonly HashSet<string> _perhapsDeleted;
    private readonly Dictionary<string, List<string>> _byPrefix = [];

    /// <summary>Finds them.</summary>
    public AcknowledgedWrites(IReadOnlyCollection<Operation> operations)
    {
        _byKey = operations
            .Where(operation => IsWriteOfOneRow(operation) && operation is { Outcome: Outcome.Ok, Revision: not null })
            .GroupBy(operation => operation.Key)
            .ToDictionary(key => key.Key, key => key.OrderBy(operation => operation.Revision).ToList());
        _perhapsDeleted = [.. operations
            .Where(operation => operation is { Kind: OperationKind.Write, Value: null, IsOpen: true })
            .Select(operation => operation.Key)];
    }

    /// <summary>Whether an operation writes the row it names, and no other.</summary>
    public static bool IsWriteOfOneRow(Operation operation) => operation.Kind is OperationKind.Write or OperationKind.CompareAndSet
        or OperationKind.Append or OperationKind.Add or OperationKind.FencedWrite or OperationKind.LeasedWrite;

    /// <summary>Whether an operation makes a revision of its own when it is done.</summary>
    public static bool MakesARevision(Operation operation) => IsWriteOfOneRow(operation)
        || operation.Kind is OperationKind.Transfer or OperationKind.Insert or OperationKind.Patch;

    /// <summary>The last write of a row up to a revision; null for none.</summary>
    public Operation? LastOf(string key, long revision) => _byKey.TryGetValue(key, out var writes)
        && UpTo(writes, revision) is var count and > 0
        ? writes[count - 1]
        : null;

    /// <summary>The write that made a revision of a row; null for none that is known.</summary>
    public Operation? At(string key, long revision) => _byKey.TryGetValue(key, out var writes)
        && UpTo(writes, revision - 1) is var before && before < writes.Count && writes[before].Revision == revision
        ? writes[before]
        : null;

    /// <summary>How many writes, in the order of revisions, have one that is not above this.</summary>
    private static int UpTo(List<Operation> writes, long revision)
    {
        var (from, to) = (0, writes.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            (from, to) = writes[middle].Revision <= revision ? (middle + 1, to) : (from, middle);
        }

        return from;
    }

    /// <summary>Whether a deletion of a row is of unknown outcome: it may be gone at any time.</summary>
    public bool IsPerhapsDeleted(string key) => _perhapsDeleted.Contains(key);

    /// <summary>The keys that begin so. Each prefix is listed again and again, and looked for once.</summary>
    public IReadOnlyList<string> Under(string prefix) => _byPrefix.TryGetValue(prefix, out var keys)
        ? keys
        : _byPrefix[prefix] = [.. _byKey.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))];
}
