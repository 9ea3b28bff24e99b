using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

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
    /// <param name="json">Where to.</param>
    /// <param name="table">The table.</param>
    /// <param name="size">How much it holds; null for a list of an earlier revision, which does not say.</param>
    public static void WriteItem(Utf8JsonWriter json, Table table, TableSize? size)
    {
        json.WriteStartObject();
        WriteMembers(json, table);
        if (size is { } holds)
        {
            json.WriteNumber("rows", holds.Rows);
            json.WriteNumber("bytes", holds.Bytes);
        }

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
