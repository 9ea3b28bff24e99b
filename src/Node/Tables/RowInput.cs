using System.Text.Json;

namespace RaftCluster.Node.Tables;

/// <summary>
/// Turns the JSON that a caller sent into the row that is kept: every column in the definition's order, defaults
/// settled. So a column that a kept row lacks is younger than the row.
/// </summary>
internal static class RowInput
{
    /// <summary>Reads a row.</summary>
    /// <param name="definition">The table's definition.</param>
    /// <param name="json">What was sent, which is strict JSON already.</param>
    /// <param name="moment">What defaults are settled to.</param>
    /// <param name="row">The row to keep.</param>
    /// <returns>What is wrong with it, a column's fault at the column's name; null when nothing is.</returns>
    public static Fault? Read(TableDefinition definition, JsonElement json, Moment moment, out byte[] row)
    {
        row = [];
        if (CheckObject(json) is { } wrong)
        {
            return wrong;
        }

        if (definition.IsFree)
        {
            row = JsonText.Of(json);
            return null;
        }

        var stated = new JsonElement[definition.Columns.Length];
        foreach (var member in json.EnumerateObject())
        {
            var at = definition.PlaceOf(member.Name);
            if (at < 0)
            {
                return definition.Unknown(member.Name);
            }

            if (Check(definition.Columns[at], member.Value) is { } fault)
            {
                return fault;
            }

            stated[at] = member.Value;
        }

        return Missing(definition, stated) ?? Write(definition, stated, moment, out row);
    }

    /// <summary>A row is an object, and so is what is merged into one.</summary>
    public static Fault? CheckObject(in JsonElement json) =>
        json.ValueKind == JsonValueKind.Object ? null : new Fault("", $"is {ColumnTypes.Describe(json)}: a row is a JSON object");

    /// <summary>Whether a value may stand in a column.</summary>
    public static Fault? Check(Column column, in JsonElement value) =>
        value.ValueKind == JsonValueKind.Null
            ? column.Nullable ? null : new Fault(Places.Member("", column.Name), "is null, but the column is not nullable")
            : column.Type.Holds(value)
                ? null
                : new Fault(Places.Member("", column.Name), $"is {ColumnTypes.Describe(value)}, but the column is of type {column.Type.Name()}");

    private static Fault? Missing(TableDefinition definition, JsonElement[] stated)
    {
        for (var at = 0; at < stated.Length; at++)
        {
            var column = definition.Columns[at];
            if (stated[at].ValueKind == JsonValueKind.Undefined && column is { Nullable: false, Default: null })
            {
                return new Fault(Places.Member("", column.Name), "is missing: the column is not nullable and has no default");
            }
        }

        return null;
    }

    private static Fault? Write(TableDefinition definition, JsonElement[] stated, Moment moment, out byte[] row)
    {
        row = JsonText.Write(json =>
        {
            json.WriteStartObject();
            for (var at = 0; at < stated.Length; at++)
            {
                var column = definition.Columns[at];
                json.WritePropertyName(column.Utf8Name);
                if (stated[at].ValueKind == JsonValueKind.Undefined)
                {
                    WriteDefault(json, column, moment);
                }
                else
                {
                    stated[at].WriteTo(json);
                }
            }

            json.WriteEndObject();
        });
        return null;
    }

    private static void WriteDefault(Utf8JsonWriter json, Column column, Moment moment)
    {
        switch (column.Default)
        {
            case ColumnDefault.Now:
                json.WriteStringValue(moment.Now);
                break;
            case ColumnDefault.Uuid:
                json.WriteStringValue(moment.NewUuid());
                break;
            case ColumnDefault.Constant constant:
                json.WriteRawValue(constant.Json, skipInputValidation: true);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }
}
