using System.Globalization;
using System.Text.Json;

namespace RaftCluster.Node.Offline;

/// <summary>Says what folders hold.</summary>
internal static class RecoveryReport
{
    /// <summary>For people.</summary>
    public static void Write(TextWriter output, Recovery recovery)
    {
        foreach (var folder in recovery.Folders)
        {
            output.WriteLine($"folder     {folder.Path}{(folder == recovery.Newest ? "   <- the newest that can be used" : "")}");
            if (folder.Identity is { } identity)
            {
                output.WriteLine($"node       {identity.Node} of cluster {identity.Cluster}, {identity.ClusterId}, epoch {identity.Epoch}");
            }

            if (folder.Members is { } members)
            {
                output.WriteLine($"members    {members}");
            }

            if (folder.Last.Index > 0 || folder.Term > 0)
            {
                output.WriteLine($"log        ends at entry {folder.Last.Index} of term {folder.Last.Term}; the node was in term {folder.Term}");
            }

            if (folder.Rows is { Position: var position } rows)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"rows       up to entry {position.Index}, revision {position.Revision}, state hash {position.StateHash:x32}"));
                if (rows.Tables.Length > 0)
                {
                    output.WriteLine($"           {string.Join(", ", rows.Tables.Select(table => $"{table.Name} {table.Rows}"))}");
                }

                if (folder.Last.Index > position.Index)
                {
                    output.WriteLine($"           {folder.Last.Index - position.Index} more entries are in the log, and are applied at the next start");
                }
            }

            foreach (var fault in folder.Faults)
            {
                output.WriteLine($"UNUSABLE   {fault}");
            }

            output.WriteLine();
        }
    }

    /// <summary>For programs.</summary>
    public static void Write(Utf8JsonWriter json, Recovery recovery)
    {
        json.WriteStartArray("folders");
        foreach (var folder in recovery.Folders)
        {
            json.WriteStartObject();
            json.WriteString("folder", folder.Path);
            json.WriteBoolean("newest", folder == recovery.Newest);
            json.WriteBoolean("usable", folder.IsUsable);
            json.WriteString("node", folder.Identity?.Node);
            json.WriteString("clusterId", folder.Identity?.ClusterId);
            json.WriteNumber("epoch", folder.Identity?.Epoch ?? 0);
            json.WriteNumber("currentTerm", folder.Term);
            json.WriteNumber("lastIndex", folder.Last.Index);
            json.WriteNumber("lastTerm", folder.Last.Term);
            if (folder.Rows is { } rows)
            {
                json.WriteStartObject("rows");
                OfflineJson.Write(json, rows.Position);
                json.WriteEndObject();
            }

            json.WriteStartArray("faults");
            foreach (var fault in folder.Faults)
            {
                json.WriteStringValue(fault);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
