using System.Text.Json;

namespace RaftCluster.Node.Tables;

/// <summary>
/// Shows a kept row as its table's definition says. A row that was written under another one lacks the columns that
/// were added since, and has those that were removed; it is not rewritten, but shaped each time it is read.
/// </summary>
/// <remarks>For one thread: it keeps its room from row to row.</remarks>
internal sealed class RowShape(TableDefinition definition)
{
    /// <summary>Where each column's value stands in the row at hand; a length of 0 for nowhere.</summary>
    private readonly (int Start, int Length)[] _values = new (int, int)[definition.IsFree ? 0 : definition.Columns.Length];

    /// <summary>The row as it is shown.</summary>
    /// <param name="row">The row as it is kept.</param>
    /// <returns>The same bytes when nothing is to be done, which is so for every row of the present definition.</returns>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> row) =>
        definition.IsFree || Find(row.Span) ? row : Rewrite(row);

    /// <summary>Finds the columns.</summary>
    /// <returns>Whether the row has all of them, in order, and nothing else.</returns>
    private bool Find(ReadOnlySpan<byte> row)
    {
        Array.Clear(_values);
        var isSame = true;
        var next = 0;
        var reader = new Utf8JsonReader(row, new JsonReaderOptions { MaxDepth = StrictJson.MaximumDepth + 8 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var at = next < _values.Length && reader.ValueTextEquals(definition.Columns[next].Utf8Name)
                ? next
                : definition.PlaceOf(reader.GetString()!);
            isSame &= at == next;
            next++;
            reader.Read();
            var (token, start) = (reader.TokenType, (int)reader.TokenStartIndex);
            reader.Skip();
            if (at >= 0 && IsShown(definition.Columns[at], token))
            {
                _values[at] = (start, (int)reader.BytesConsumed - start);
            }
            else
            {
                isSame = false;
            }
        }

        return isSame && next == _values.Length;
    }

    /// <summary>A value of a column that was removed, and came again as another, is not shown in it.</summary>
    private static bool IsShown(Column column, JsonTokenType token) =>
        column.Type.Holds(token) || (token == JsonTokenType.Null && column.Nullable);

    private byte[] Rewrite(ReadOnlyMemory<byte> row) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        for (var at = 0; at < _values.Length; at++)
        {
            var column = definition.Columns[at];
            var (start, length) = _values[at];
            json.WritePropertyName(column.Utf8Name);
            json.WriteRawValue(length > 0 ? row.Span.Slice(start, length) : column.Earlier ?? "null"u8, skipInputValidation: true);
        }

        json.WriteEndObject();
    });
}
