using System.Collections.Immutable;
using System.Text.Json;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Tables;

/// <summary>
/// Reads a table's definition:
/// <code>
/// {"columns":[{"name":"age","type":"number","nullable":true,"default":0}],"key":"given","maxRows":1000,"maxBytes":1048576}
/// </code>
/// Every member may be left out: without columns rows are any JSON objects; keys are given; columns are not nullable
/// and have no default. A default is <c>"now"</c>, <c>"uuid"</c> or any other constant; an
/// object with <c>constant</c> alone stands for the constant in it, were it one of those two words.
/// </summary>
internal static class DefinitionReader
{
    private static readonly string[] _members = ["name", "columns", "key", "maxRows", "maxBytes"];
    private static readonly string[] _columnMembers = ["name", "type", "nullable", "default"];

    /// <summary>Reads what a caller sent, which is strict JSON already.</summary>
    /// <param name="table">The table's name, which the definition may repeat.</param>
    /// <param name="json">The definition.</param>
    /// <param name="definition">What was read.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Fault? Read(string table, JsonElement json, out TableDefinition definition)
    {
        definition = TableDefinition.Free;
        if (json.ValueKind != JsonValueKind.Object)
        {
            return new Fault("", "is a JSON object: {\"columns\":[…]}");
        }

        ImmutableArray<Column> columns = default;
        var key = TableKey.Given;
        long? maxRows = null, maxBytes = null;
        foreach (var member in json.EnumerateObject())
        {
            var value = member.Value;
            var fault = member.Name switch
            {
                "columns" => ReadColumns(value, out columns),
                "key" => ReadKey(value, out key),
                "maxRows" => ReadMost(value, out maxRows),
                "maxBytes" => ReadMost(value, out maxBytes),
                "history" => new Fault("", "can't be stated for one table: a node's --keep-history is for all", FaultKind.NotSupported),
                "name" when value.ValueKind == JsonValueKind.String && value.ValueEquals(table) => null,
                "name" => new Fault("", $"is not the name in the path, '{table}'"),
                _ => new Fault("", $"is no part of a definition{NearestName.Hint(member.Name, _members)}"),
            };
            if (fault is not null)
            {
                return fault.In(Places.Member("", member.Name));
            }
        }

        definition = new TableDefinition(columns, key) { MaxRows = maxRows, MaxBytes = maxBytes };
        return null;
    }

    /// <summary>Reads a default. Null is none.</summary>
    public static ColumnDefault? ReadDefault(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String when json.ValueEquals("now") => new ColumnDefault.Now(),
        JsonValueKind.String when json.ValueEquals("uuid") => new ColumnDefault.Uuid(),
        JsonValueKind.Object when json.GetPropertyCount() == 1 && json.TryGetProperty("constant", out var constant) =>
            new ColumnDefault.Constant(JsonText.Of(constant)),
        _ => new ColumnDefault.Constant(JsonText.Of(json)),
    };

    private static Fault? ReadColumns(JsonElement json, out ImmutableArray<Column> columns)
    {
        columns = [];
        if (json.ValueKind != JsonValueKind.Array)
        {
            return new Fault("", "is an array: [{\"name\":\"age\",\"type\":\"number\"}]");
        }

        if (json.GetArrayLength() > TableDefinition.MostColumns)
        {
            return new Fault("", $"has more than {TableDefinition.MostColumns} columns");
        }

        var read = ImmutableArray.CreateBuilder<Column>(json.GetArrayLength());
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in json.EnumerateArray())
        {
            var place = Places.Item("", read.Count);
            if (ReadColumn(item, out var column) is { } fault)
            {
                return fault.In(place);
            }

            if (!names.Add(column.Name))
            {
                return new Fault(Places.Member(place, "name"), $"'{column.Name}' is the name of two columns");
            }

            read.Add(column);
        }

        columns = read.MoveToImmutable();
        return null;
    }

    private static Fault? ReadColumn(JsonElement json, out Column column)
    {
        column = new Column("", ColumnType.Any, false, null, null);
        if (json.ValueKind != JsonValueKind.Object)
        {
            return new Fault("", "is a JSON object: {\"name\":\"age\",\"type\":\"number\"}");
        }

        string? name = null;
        ColumnType? type = null;
        var nullable = false;
        ColumnDefault? settled = null;
        foreach (var member in json.EnumerateObject())
        {
            var fault = member.Name switch
            {
                "name" => ReadName(member.Value, out name),
                "type" => ReadType(member.Value, out type),
                "nullable" => ReadSwitch(member.Value, out nullable),
                "default" => null,
                _ => new Fault("", $"is no part of a column{NearestName.Hint(member.Name, _columnMembers)}"),
            };
            if (fault is not null)
            {
                return fault.In(Places.Member("", member.Name));
            }

            settled = member.Name == "default" ? ReadDefault(member.Value) : settled;
        }

        if (name is null || type is null)
        {
            return new Fault(name is null ? "name" : "type", "is missing");
        }

        column = new Column(name, type.Value, nullable, settled, null);
        return CheckDefault(column);
    }

    private static Fault? CheckDefault(Column column)
    {
        switch (column.Default)
        {
            case null:
                return null;
            case ColumnDefault.Constant constant:
                using (var value = JsonDocument.Parse(constant.Json, StrictJson.Options))
                {
                    return column.Type.Holds(value.RootElement)
                        ? null
                        : new Fault("default", $"is {ColumnTypes.Describe(value.RootElement)}, but the column is of type {column.Type.Name()}");
                }

            default:
                return column.Type is ColumnType.String or ColumnType.Any
                    ? null
                    : new Fault("default", $"is a string when it is settled, but the column is of type {column.Type.Name()}");
        }
    }

    private static Fault? ReadName(JsonElement json, out string? name)
    {
        name = json.ValueKind == JsonValueKind.String ? json.GetString() : null;
        return name is null ? new Fault("", "is a string")
            : Column.CheckName(name) is { } wrong ? new Fault("", wrong)
            : null;
    }

    private static Fault? ReadType(JsonElement json, out ColumnType? type)
    {
        var text = json.ValueKind == JsonValueKind.String ? json.GetString() : null;
        type = ColumnTypes.TryParse(text, out var known) ? known : null;
        return type is not null
            ? null
            : new Fault("", $"is one of {string.Join(", ", ColumnTypes.Names)}{NearestName.Hint(text ?? "", ColumnTypes.Names)}");
    }

    private static Fault? ReadSwitch(JsonElement json, out bool on)
    {
        on = json.ValueKind == JsonValueKind.True;
        return on || json.ValueKind == JsonValueKind.False ? null : new Fault("", "is true or false");
    }

    private static Fault? ReadMost(JsonElement json, out long? most)
    {
        most = json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var number) ? number : null;
        return json.ValueKind == JsonValueKind.Null || most >= 0 ? null : new Fault("", "is a whole number from 0, or null for no limit");
    }

    private static Fault? ReadKey(JsonElement json, out TableKey key)
    {
        var revision = json.ValueKind == JsonValueKind.String && json.ValueEquals("revision");
        key = revision ? TableKey.Revision : TableKey.Given;
        return revision || (json.ValueKind == JsonValueKind.String && json.ValueEquals("given"))
            ? null
            : new Fault("", "is \"given\" or \"revision\"");
    }
}
