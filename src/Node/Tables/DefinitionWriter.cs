using System.Text.Json;

namespace RaftCluster.Node.Tables;

/// <summary>Writes definitions, the way <see cref="DefinitionReader"/> reads them.</summary>
internal static class DefinitionWriter
{
    /// <summary>Writes the members that a caller sees, into an object that is begun.</summary>
    public static void Write(Utf8JsonWriter json, TableDefinition definition) => Write(json, definition, stored: false);

    /// <summary>The form that is kept in <c>$tables</c>: always the same text for the same definition.</summary>
    public static byte[] Stored(TableDefinition definition) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        Write(json, definition, stored: true);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, TableDefinition definition, bool stored)
    {
        if (!definition.IsFree)
        {
            json.WriteStartArray("columns");
            foreach (var column in definition.Columns)
            {
                Write(json, column, stored);
            }

            json.WriteEndArray();
        }

        json.WriteString("key", definition.Key == TableKey.Revision ? "revision" : "given");
        if (definition.MaxRows is { } rows)
        {
            json.WriteNumber("maxRows", rows);
        }

        if (definition.MaxBytes is { } bytes)
        {
            json.WriteNumber("maxBytes", bytes);
        }
    }

    private static void Write(Utf8JsonWriter json, Column column, bool stored)
    {
        json.WriteStartObject();
        json.WriteString("name", column.Name);
        json.WriteString("type", column.Type.Name());
        json.WriteBoolean("nullable", column.Nullable);
        switch (column.Default)
        {
            case ColumnDefault.Now:
                json.WriteString("default", "now");
                break;
            case ColumnDefault.Uuid:
                json.WriteString("default", "uuid");
                break;
            case ColumnDefault.Constant constant:
                json.WritePropertyName("default");
                Write(json, constant);
                break;
        }

        if (stored && column.Earlier is { } earlier)
        {
            json.WritePropertyName(StoredDefinition.Earlier);
            json.WriteRawValue(earlier, skipInputValidation: true);
        }

        json.WriteEndObject();
    }

    /// <summary>A constant that would be read as something else goes into an object of its own.</summary>
    private static void Write(Utf8JsonWriter json, ColumnDefault.Constant constant)
    {
        using var value = JsonDocument.Parse(constant.Json, StrictJson.Options);
        var isPlain = DefinitionReader.ReadDefault(value.RootElement) is ColumnDefault.Constant read
            && read.Json.AsSpan().SequenceEqual(constant.Json);
        if (isPlain)
        {
            value.RootElement.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        json.WritePropertyName("constant");
        value.RootElement.WriteTo(json);
        json.WriteEndObject();
    }
}
