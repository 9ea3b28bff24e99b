using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace RaftCluster.Node.Http;

/// <summary>Decodes percent-encoded text to bytes, strictly: what is malformed is refused, never passed through.</summary>
internal static class PercentEncoding
{
    /// <summary>Decodes a part of a path.</summary>
    /// <returns>Null when an escape is malformed.</returns>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        var escape = text.IndexOf('%');
        if (escape < 0)
        {
            var plain = new byte[Encoding.UTF8.GetByteCount(text)];
            Encoding.UTF8.GetBytes(text, plain);
            return plain;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var written = 0;
            while (true)
            {
                var run = escape < 0 ? text : text[..escape];
                written += Encoding.UTF8.GetBytes(run, buffer.AsSpan(written));
                if (escape < 0)
                {
                    return buffer.AsSpan(0, written).ToArray();
                }

                if (escape + 2 >= text.Length
                    || !char.IsAsciiHexDigit(text[escape + 1])
                    || !char.IsAsciiHexDigit(text[escape + 2]))
                {
                    return null;
                }

                buffer[written++] = (byte)((Digit(text[escape + 1]) << 4) | Digit(text[escape + 2]));
                text = text[(escape + 3)..];
                escape = text.IndexOf('%');
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Decodes a name or a value of a query, in which <c>+</c> is a space.</summary>
    /// <returns>Null when an escape is malformed or the text is not UTF-8.</returns>
    public static string? DecodeQuery(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAny('%', '+'))
        {
            return text.ToString();
        }

        var spaced = text.Contains('+') ? text.ToString().Replace('+', ' ') : text;
        return Decode(spaced) is { } bytes && Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
    }

    private static int Digit(char hex) => char.IsAsciiDigit(hex) ? hex - '0' : (hex | 0x20) - 'a' + 10;
}
