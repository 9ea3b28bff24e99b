using System.Text;
using System.Text.Json;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Tables;

/// <summary>
/// A filter on one column, as callers write it: <c>column:op:value</c>. What the value is, the column decides: text in a
/// column of strings, JSON in others. In a column of any type, and in a table without columns, what is no JSON is text.
/// <c>null</c> is null everywhere, and text in double quotes is a JSON string everywhere.
/// </summary>
/// <param name="Column">The column's name.</param>
/// <param name="Comparison">How its value is compared.</param>
/// <param name="Text">What it is compared with, as it was written.</param>
internal sealed record Where(string Column, Comparison Comparison, string Text)
{
    /// <summary>What a caller is told when a filter can't be read.</summary>
    public const string Form = "column:op:value, op being one of eq, ne, lt, le, gt, ge";

    private static readonly string[] _operators = ["eq", "ne", "lt", "le", "gt", "ge"];

    /// <summary>Reads a filter.</summary>
    /// <returns>Null when it is none.</returns>
    public static Where? Parse(string text)
    {
        var column = text.IndexOf(':', StringComparison.Ordinal);
        var end = column < 0 ? -1 : text.IndexOf(':', column + 1);
        return column > 0 && end > 0 && TryParse(text[(column + 1)..end], out var comparison)
            ? new Where(text[..column], comparison, text[(end + 1)..])
            : null;
    }

    /// <summary>Reads the name of a comparison.</summary>
    public static bool TryParse(string? name, out Comparison comparison)
    {
        var at = Array.IndexOf(_operators, name);
        comparison = (Comparison)(at + 1);
        return at >= 0;
    }

    /// <summary>Turns the text into the JSON that a table's rows are compared with.</summary>
    /// <returns>What is wrong with the filter in this table; null when nothing is.</returns>
    public Fault? Bind(TableDefinition definition, out ReadOnlyMemory<byte> operand)
    {
        operand = "null"u8.ToArray();
        var type = ColumnType.Any;
        if (!definition.IsFree)
        {
            var at = definition.PlaceOf(Column);
            if (at < 0)
            {
                return definition.Unknown(Column);
            }

            type = definition.Columns[at].Type;
        }

        if (Text == "null")
        {
            return null;
        }

        var json = Encoding.UTF8.GetBytes(Text);
        if (StrictJson.Check(json) is null && Fits(type, json))
        {
            operand = json;
            return null;
        }

        operand = JsonText.Write(writer => writer.WriteStringValue(Text));
        return type is ColumnType.String or ColumnType.Any
            ? null
            : new Fault(Column, $"is compared with '{Text}', which is no JSON of type {type.Name()}");
    }

    private static bool Fits(ColumnType type, byte[] json)
    {
        using var value = JsonDocument.Parse(json, StrictJson.Options);
        return type.Holds(value.RootElement);
    }
}
