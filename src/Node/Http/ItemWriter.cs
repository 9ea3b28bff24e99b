using System.Text.Json;
using System.Text.Unicode;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Writes a row as an item of a list.</summary>
internal static class ItemWriter
{
    /// <summary>Writes one row.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="row">The row.</param>
    /// <param name="form">How its value is shown.</param>
    /// <param name="keysOnly">Without its value.</param>
    public static void Write(Utf8JsonWriter json, Row row, RowForm form, bool keysOnly)
    {
        json.WriteStartObject();
        json.WriteString("key"u8, row.Key.Span);
        if (!keysOnly)
        {
            WriteValue(json, form.ValueOf(row).Span, form.IsJson);
            json.WriteString("contentType"u8, row.ContentType);
        }

        json.WriteNumber("revision"u8, row.Revision);
        json.WriteNumber("created"u8, row.Created);
        json.WriteNumber("version"u8, row.Version);
        if (row.Lease > 0)
        {
            json.WriteNumber("lease"u8, row.Lease);
        }

        json.WriteEndObject();
    }

    /// <summary>JSON and text stay what they are; other bytes go as base64, under a name that says so.</summary>
    private static void WriteValue(Utf8JsonWriter json, ReadOnlySpan<byte> value, bool isJson)
    {
        if (isJson)
        {
            json.WritePropertyName("value"u8);
            json.WriteRawValue(value, skipInputValidation: true);
        }
        else if (Utf8.IsValid(value))
        {
            json.WriteString("value"u8, value);
        }
        else
        {
            json.WriteBase64String("value64"u8, value);
        }
    }
}
