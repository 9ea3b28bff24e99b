using System.Text;
using System.Text.Json;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Tables;

/// <summary>Filters that a row must all pass.</summary>
internal sealed class RowFilter
{
    private readonly List<(byte[] Column, Comparison Comparison, ReadOnlyMemory<byte> Operand)> _terms = [];

    private static readonly byte[] _null = "null"u8.ToArray();

    private RowFilter()
    {
    }

    /// <summary>Makes a filter of a table's rows.</summary>
    /// <returns>What is wrong with it in this table; null when nothing is.</returns>
    public static Fault? Bind(IEnumerable<Where> wheres, TableDefinition definition, out RowFilter filter)
    {
        filter = new RowFilter();
        foreach (var where in wheres)
        {
            if (where.Bind(definition, out var operand) is { } fault)
            {
                return fault;
            }

            filter._terms.Add((Encoding.UTF8.GetBytes(where.Column), where.Comparison, operand));
        }

        return null;
    }

    /// <summary>Whether a row passes; a member it lacks is null.</summary>
    /// <param name="row">The row's JSON object, as it is shown.</param>
    public bool Accepts(ReadOnlyMemory<byte> row)
    {
        foreach (var (column, comparison, operand) in _terms)
        {
            if (!JsonValues.Holds(Member(row, column), comparison, operand))
            {
                return false;
            }
        }

        return true;
    }

    private static ReadOnlyMemory<byte> Member(ReadOnlyMemory<byte> row, ReadOnlySpan<byte> name)
    {
        var reader = new Utf8JsonReader(row.Span, new JsonReaderOptions { MaxDepth = StrictJson.MaximumDepth + 8 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(name);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isIt)
            {
                return row[start..(int)reader.BytesConsumed];
            }
        }

        return _null;
    }
}
