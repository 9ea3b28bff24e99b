using System.Text.Json;
using RaftCluster.Node.Tables;

namespace RaftCluster.Node.Http;

/// <summary>Writes a table as JSON.</summary>
internal static class TableWriter
{
    /// <summary>A table by itself, in the form that can be put again.</summary>
    public static byte[] One(Table table) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        WriteMembers(json, table);
        json.WriteEndObject();
    });

    /// <summary>A table in a list, with its place in history.</summary>
    public static void WriteItem(Utf8JsonWriter json, Table table)
    {
        json.WriteStartObject();
        WriteMembers(json, table);
        if (!table.IsBuiltIn)
        {
            json.WriteNumber("revision", table.Revision);
            json.WriteNumber("created", table.Created);
            json.WriteNumber("version", table.Version);
        }

        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, Table table)
    {
        json.WriteString("name", table.Name);
        if (table.IsBuiltIn)
        {
            json.WriteBoolean("builtIn", true);
        }

        DefinitionWriter.Write(json, table.Definition);
    }
}
