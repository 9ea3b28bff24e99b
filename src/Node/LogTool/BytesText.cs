using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RaftCluster.Node.LogTool;

/// <summary>Keys and names, which are text more often than not.</summary>
internal static class BytesText
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>As text when it is text, otherwise in base 64 under a name that says so.</summary>
    public static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        if (Text(bytes) is { } text)
        {
            json.WriteString(name, text);
        }
        else
        {
            json.WriteBase64String(name + "64", bytes);
        }
    }

    /// <summary>For a terminal: nothing that could move its cursor.</summary>
    public static string Show(ReadOnlySpan<byte> bytes) =>
        Text(bytes) is { } text ? Show(text) : $"0x{Convert.ToHexStringLower(bytes)}";

    /// <inheritdoc cref="Show(ReadOnlySpan{byte})"/>
    public static string Show(string text) => text.Length == 0
        || text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter) || letter is '"' or '\\')
            ? $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\""
            : text;

    private static string? Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return _strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
