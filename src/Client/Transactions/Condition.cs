using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>What must hold of a row for a <see cref="Transaction"/> to do what it does then, and not else. Made by <see cref="RowAddress"/>.</summary>
public sealed class Condition
{
    private readonly RowAddress _row;
    private readonly string _subject;
    private readonly Comparison _comparison;
    private readonly Action<Utf8JsonWriter> _operand;

    internal Condition(RowAddress row, string subject, Comparison comparison, Action<Utf8JsonWriter> operand) =>
        (_row, _subject, _comparison, _operand) = (row, subject, comparison, operand);

    internal string? ColumnName { get; init; }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        _row.Write(writer);
        if (ColumnName is not null)
        {
            writer.WriteString("column", ColumnName);
        }

        writer.WritePropertyName(_subject);
        _operand(writer);
        writer.WriteString("op", WireNames.Of(_comparison));
        writer.WriteEndObject();
    }
}
