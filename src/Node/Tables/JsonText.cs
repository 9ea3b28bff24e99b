using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RaftCluster.Node.Tables;

/// <summary>JSON as it is kept: without spaces, text as text, and every number with the digits it came with.</summary>
internal static class JsonText
{
    /// <summary>How it is written.</summary>
    public static JsonWriterOptions Options { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A value by itself.</summary>
    public static byte[] Of(JsonElement value) => Write(value.WriteTo);

    /// <summary>What <paramref name="write"/> writes.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var text = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(text, Options))
        {
            write(json);
        }

        return text.WrittenSpan.ToArray();
    }
}
