using System.Text.Json;

namespace RaftCluster.Node.Http;

/// <summary>A disk that is low, as a problem names it.</summary>
/// <param name="Node">Whose it is.</param>
/// <param name="Folder">The node's data folder; null when this node does not know it.</param>
/// <param name="Free">Its free bytes.</param>
/// <param name="Needed">How many are needed for a write that grows; null when this node does not know.</param>
internal sealed record FullDisk(string Node, string? Folder, long Free, long? Needed)
{
    /// <summary>Writes the member <c>disks</c> of a problem.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<FullDisk> disks)
    {
        json.WriteStartArray("disks");
        foreach (var disk in disks)
        {
            json.WriteStartObject();
            json.WriteString("node", disk.Node);
            if (disk.Folder is not null)
            {
                json.WriteString("folder", disk.Folder);
            }

            json.WriteNumber("free", disk.Free);
            if (disk.Needed is { } needed)
            {
                json.WriteNumber("needed", needed);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
