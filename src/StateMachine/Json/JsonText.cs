using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RaftCluster.StateMachine.Json;

/// <summary>Reads bytes that a user says are JSON.</summary>
internal static class JsonText
{
    /// <summary>How deep arrays and objects may lie in each other.</summary>
    public const int MaximumDepth = 64;

    /// <summary>Reads a value; null for what is no JSON, or whose strings are no text: no later step can fail on it.</summary>
    public static JsonDocument? TryParse(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaximumDepth });
            while (reader.Read())
            {
                if (reader.ValueIsEscaped && !IsPaired(reader.ValueSpan))
                {
                    return null;
                }
            }

            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaximumDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A string in quotes, escaped only where it must be, and so for ever with the same bytes.</summary>
    public static void WriteString(IBufferWriter<byte> target, string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var letter in text)
        {
            if (letter is '"' or '\\')
            {
                quoted.Append('\\').Append(letter);
            }
            else if (letter < ' ')
            {
                quoted.Append("\\u").Append(((int)letter).ToString("x4", System.Globalization.NumberFormatInfo.InvariantInfo));
            }
            else
            {
                quoted.Append(letter);
            }
        }

        target.Write(Encoding.UTF8.GetBytes(quoted.Append('"').ToString()));
    }

    // \uD800 to \uDBFF is the first half of a letter, and \uDC00 to \uDFFF the second.
    private static bool IsPaired(ReadOnlySpan<byte> escaped)
    {
        var awaitsSecond = false;
        while (!escaped.IsEmpty)
        {
            var isUnit = escaped.StartsWith("\\u"u8);
            var half = isUnit ? HalfOf(escaped.Slice(2, 4)) : Half.None;
            if (awaitsSecond != (half == Half.Second))
            {
                return false;
            }

            awaitsSecond = half == Half.First;
            escaped = escaped[(isUnit ? 6 : escaped[0] == '\\' ? 2 : 1)..];
        }

        return !awaitsSecond;
    }

    private static Half HalfOf(ReadOnlySpan<byte> unit) => (char)(unit[0] | 0x20) != 'd' ? Half.None : (char)(unit[1] | 0x20) switch
    {
        '8' or '9' or 'a' or 'b' => Half.First,
        'c' or 'd' or 'e' or 'f' => Half.Second,
        _ => Half.None,
    };

    private enum Half
    {
        None,
        First,
        Second,
    }
}
