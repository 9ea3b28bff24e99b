using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.LogTool;

/// <summary>What a transaction of several operations does, for people and for programs.</summary>
internal static class TransactionText
{
    private const int MostShown = 3;

    /// <summary>In a few words.</summary>
    public static void Append(StringBuilder text, Transaction transaction)
    {
        if (!transaction.If.IsEmpty)
        {
            text.Append("if ");
            Append(text, transaction.If, " and ", Append);
            text.Append(" then ");
        }

        AppendBranch(text, transaction.Then);
        if (!transaction.Else.IsEmpty)
        {
            text.Append(" else ");
            AppendBranch(text, transaction.Else);
        }
    }

    /// <summary>All of it but the values, into an object that was begun.</summary>
    public static void Write(Utf8JsonWriter json, Transaction transaction)
    {
        json.WriteString("op", "transaction");
        json.WriteStartArray("requires");
        foreach (var (table, revision) in transaction.Requires)
        {
            json.WriteStartObject();
            json.WriteString("table", table);
            json.WriteNumber("revision", revision);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("if");
        foreach (var condition in transaction.If)
        {
            Write(json, condition);
        }

        json.WriteEndArray();
        WriteBranch(json, "then", transaction.Then);
        WriteBranch(json, "else", transaction.Else);
    }

    private static void AppendBranch(StringBuilder text, ImmutableArray<Operation> branch)
    {
        text.Append('{');
        Append(text, branch, ", ", OperationText.Append);
        text.Append('}');
    }

    private static void Append<T>(StringBuilder text, ImmutableArray<T> parts, string separator, Action<StringBuilder, T> append)
    {
        for (var i = 0; i < Math.Min(parts.Length, MostShown); i++)
        {
            text.Append(i == 0 ? "" : separator);
            append(text, parts[i]);
        }

        if (parts.Length > MostShown)
        {
            text.Append(CultureInfo.InvariantCulture, $"{separator}{parts.Length - MostShown} more");
        }
    }

    private static void Append(StringBuilder text, Condition condition)
    {
        text.Append(BytesText.Show(condition.Table)).Append(' ').Append(BytesText.Show(condition.Key.Span)).Append(' ');
        text.Append(Name(condition.Subject));
        text.Append(condition.Column is { } column ? " " + BytesText.Show(column) : "");
        text.Append(' ').Append(Name(condition.Comparison)).Append(' ');
        switch (condition.Subject)
        {
            case ConditionSubject.Value or ConditionSubject.Column or ConditionSubject.ColumnOr:
                text.Append(CultureInfo.InvariantCulture, $"({condition.Operand.Length} bytes)");
                break;
            case ConditionSubject.RevisionIn:
                text.AppendJoin(' ', Revisions(condition));
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{condition.Number}");
                break;
        }
    }

    private static void Write(Utf8JsonWriter json, Condition condition)
    {
        json.WriteStartObject();
        json.WriteString("table", condition.Table);
        BytesText.Write(json, "key", condition.Key.Span);
        json.WriteString("subject", Name(condition.Subject));
        if (condition.Column is { } column)
        {
            json.WriteString("column", column);
        }

        json.WriteString("comparison", Name(condition.Comparison));
        switch (condition.Subject)
        {
            case ConditionSubject.Value or ConditionSubject.Column or ConditionSubject.ColumnOr:
                json.WriteNumber("operandLength", condition.Operand.Length);
                break;
            case ConditionSubject.RevisionIn:
                json.WriteStartArray("revisions");
                foreach (var revision in Revisions(condition))
                {
                    json.WriteNumberValue(revision);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteNumber("number", condition.Number);
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteBranch(Utf8JsonWriter json, string name, ImmutableArray<Operation> branch)
    {
        json.WriteStartArray(name);
        foreach (var operation in branch)
        {
            OperationText.Write(json, operation);
        }

        json.WriteEndArray();
    }

    private static IEnumerable<long> Revisions(Condition condition) => Enumerable.Range(0, condition.Operand.Length / 8)
        .Select(i => System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(condition.Operand.Span[(8 * i)..]));

    private static string Name(ConditionSubject subject) => subject switch
    {
        ConditionSubject.Revision => "revision",
        ConditionSubject.Version => "version",
        ConditionSubject.Created => "created",
        ConditionSubject.Value => "value",
        ConditionSubject.Exists => "exists",
        ConditionSubject.Column or ConditionSubject.ColumnOr => "column",
        _ => "revision-in",
    };

    private static string Name(Comparison comparison) => comparison switch
    {
        Comparison.Equal => "eq",
        Comparison.NotEqual => "ne",
        Comparison.Less => "lt",
        Comparison.LessOrEqual => "le",
        Comparison.Greater => "gt",
        _ => "ge",
    };
}
