using System.Globalization;

namespace RaftCluster.Client;

/// <summary>How two values are compared.</summary>
public enum Comparison
{
    /// <summary>They are equal.</summary>
    Equal,

    /// <summary>They differ.</summary>
    NotEqual,

    /// <summary>The row's is less.</summary>
    Less,

    /// <summary>The row's is less or equal.</summary>
    LessOrEqual,

    /// <summary>The row's is greater.</summary>
    Greater,

    /// <summary>The row's is greater or equal.</summary>
    GreaterOrEqual,
}

/// <summary>What must hold of a column for a row to be listed: <c>where=column:op:value</c>.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Comparison">How it is compared.</param>
/// <param name="Value">With what, as text; the node reads it by the column's type.</param>
public readonly record struct Filter(string Column, Comparison Comparison, string Value)
{
    /// <summary>The column equals a text.</summary>
    /// <param name="column">The column's name.</param>
    /// <param name="value">The text.</param>
    public static Filter Equal(string column, string value) => new(column, Comparison.Equal, value);

    /// <summary>A comparison with a number.</summary>
    /// <param name="column">The column's name.</param>
    /// <param name="comparison">How it is compared.</param>
    /// <param name="value">With what.</param>
    public static Filter Number(string column, Comparison comparison, decimal value) =>
        new(column, comparison, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads <c>column:op:value</c>, with <c>op</c> one of <c>eq ne lt le gt ge</c>; the value may hold colons.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is no filter.</exception>
    public static Filter Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(':', 3) is [{ Length: > 0 } column, var op, var value] && WireNames.ComparisonOf(op) is { } comparison
            ? new Filter(column, comparison, value)
            : throw new FormatException($"'{text}' is no filter; it is written column:op:value, with op one of eq, ne, lt, le, gt, ge.");
    }

    /// <summary><c>column:op:value</c>.</summary>
    public override string ToString() => $"{Column}:{WireNames.Of(Comparison)}:{Value}";
}
