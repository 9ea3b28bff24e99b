using System.Buffers.Binary;
using System.Text.Json;
using RaftCluster.StateMachine.Json;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>Decides whether a condition is true.</summary>
internal static class ConditionEvaluation
{
    public static bool IsTrue(Condition condition, Overlay rows)
    {
        switch (condition.Subject)
        {
            case ConditionSubject.Value:
                return HasValue(condition, rows.Find(condition.Table, condition.Key.Span));
            case ConditionSubject.Column or ConditionSubject.ColumnOr:
                return HasColumn(condition, rows.Find(condition.Table, condition.Key.Span));
        }

        var held = rows.Look(condition.Table, condition.Key.Span);
        return condition.Subject switch
        {
            ConditionSubject.Revision => Holds(held.Revision, condition),
            ConditionSubject.Version => Holds(held.Version, condition),
            ConditionSubject.Created => Holds(held.Created, condition),
            ConditionSubject.Exists => Holds(held.Exists ? 1 : 0, condition),
            ConditionSubject.RevisionIn => IsIn(held, condition.Operand.Span) == (condition.Comparison == Comparison.Equal),
            _ => throw new InvariantException($"unknown subject {condition.Subject}"),
        };
    }

    private static bool Holds(long found, Condition condition) =>
        Comparisons.Holds(found.CompareTo(condition.Number), condition.Comparison);

    private static bool IsIn(in Held held, ReadOnlySpan<byte> revisions)
    {
        for (; held.Exists && !revisions.IsEmpty; revisions = revisions[8..])
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(revisions) == held.Revision)
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasValue(Condition condition, Row? row) => row is null
        ? condition.Comparison == Comparison.NotEqual
        : Comparisons.Holds(row.Value.Span.SequenceCompareTo(condition.Operand.Span), condition.Comparison);

    private static bool HasColumn(Condition condition, Row? row)
    {
        using var found = row is null ? null : JsonText.TryParse(row.Value);
        using var named = JsonText.TryParse(condition.Operand);
        using var missing = condition.Missing.IsEmpty ? null : JsonText.TryParse(condition.Missing);
        var column = default(JsonElement);
        if (found?.RootElement.ValueKind == JsonValueKind.Object
            && !found.RootElement.TryGetProperty(condition.Column!, out column))
        {
            column = missing?.RootElement ?? default;
        }

        return JsonValues.Holds(column, condition.Comparison, named?.RootElement ?? default);
    }
}
