using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Offline;

/// <summary>What commands without a running node print for programs: one object on one line.</summary>
internal static class OfflineJson
{
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An object with the members that are written into it.</summary>
    public static string Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, _options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Writes where rows stand.</summary>
    public static void Write(Utf8JsonWriter json, in AppliedPosition position)
    {
        json.WriteNumber("revision", position.Revision);
        json.WriteNumber("index", position.Index);
        json.WriteNumber("term", position.Term);
        json.WriteString("stateHash", position.StateHash.ToString("x32", CultureInfo.InvariantCulture));
    }
}
