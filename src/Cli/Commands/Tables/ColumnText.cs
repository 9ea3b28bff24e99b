using System.CommandLine.Parsing;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>Columns as people write them: <c>name:type</c>, <c>name:type?</c>, <c>name:type=default</c>.</summary>
internal static class ColumnText
{
    internal static Column Parse(ArgumentResult result, string text)
    {
        var (head, value) = text.Split('=', 2) is [var left, var right] ? (left, right) : (text, null);
        var nullable = head.EndsWith('?');
        if (head.TrimEnd('?').Split(':') is not [{ Length: > 0 } name, var typeName] || TypeOf(typeName) is not { } type)
        {
            result.AddError(
                $"'{text}' is no column; write name:type, name:type? or name:type=default, with type one of string, number, boolean, object, array, any.");
            return new Column("", ColumnType.Any);
        }

        var column = new Column(name, type) { Nullable = nullable };
        return value is null ? column : column.WithDefault(DefaultOf(type, value));
    }

    /// <summary>All columns of a table, as <see cref="Parse"/> reads them.</summary>
    internal static string Of(TableDefinition table) => table.Columns is { IsDefault: false } columns
        ? string.Join(' ', columns.Select(column => $"{column.Name}:{NameOf(column.Type)}{(column.Nullable ? "?" : "")}{DefaultOf(column)}"))
        : "-";

    private static string DefaultOf(Column column) => column.Default switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => $"={text.GetString()}",
        { } json => $"={json.GetRawText()}",
    };

    /// <summary>What is JSON is taken as it is, but for a column of text, where <c>7</c> means a text too.</summary>
    private static string DefaultOf(ColumnType type, string value) =>
        IsJson(value) && (type is not ColumnType.Text || value.StartsWith('"') || value == "null")
            ? value
            : JsonSerializer.Serialize(value, CliJson.Readable.String);

    private static bool IsJson(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ColumnType? TypeOf(string name) => name switch
    {
        "string" => ColumnType.Text,
        "number" => ColumnType.Number,
        "boolean" => ColumnType.Boolean,
        "object" => ColumnType.Object,
        "array" => ColumnType.Array,
        "any" => ColumnType.Any,
        _ => null,
    };

    private static string NameOf(ColumnType type) => type is ColumnType.Text ? "string" : type.ToString().ToLowerInvariant();
}
