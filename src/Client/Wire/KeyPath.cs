using System.Buffers;
using System.Text;

namespace RaftCluster.Client;

/// <summary>A key as the tail of a path: the percent-encoded bytes of its UTF-8, with <c>/</c> kept.</summary>
internal static class KeyPath
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    internal const int LongestKey = 1024;

    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> _plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/");

    /// <summary>Encodes a key.</summary>
    /// <exception cref="ArgumentException">The key is empty, too long, or has half a surrogate pair.</exception>
    internal static string Encode(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        // Intermediaries fold "/./", "/../" and "//" as they like; a slash that is spelled %2F is left alone.
        var fold = HasFoldableSegment(key);
        if (!fold && key.Length <= LongestKey && !key.AsSpan().ContainsAnyExcept(_plain))
        {
            return key;
        }

        var bytes = Bytes(key);
        var path = new StringBuilder(bytes.Length + 16);
        foreach (var octet in bytes)
        {
            var kept = _plain.Contains((char)octet) && !(fold && (char)octet is '/' or '.');
            _ = kept ? path.Append((char)octet) : path.Append('%').Append(Hex(octet >> 4)).Append(Hex(octet & 15));
        }

        return path.ToString();
    }

    private static byte[] Bytes(string key)
    {
        byte[] bytes;
        try
        {
            bytes = _strictUtf8.GetBytes(key);
        }
        catch (EncoderFallbackException half)
        {
            throw new ArgumentException("A key is text: this one has half a surrogate pair.", nameof(key), half);
        }

        return bytes.Length <= LongestKey
            ? bytes
            : throw new ArgumentException($"A key has at most {LongestKey} bytes of UTF-8: this one has {bytes.Length}.", nameof(key));
    }

    private static bool HasFoldableSegment(string key)
    {
        foreach (var segment in key.AsSpan().Split('/'))
        {
            if (key.AsSpan(segment) is "" or "." or "..")
            {
                return true;
            }
        }

        return false;
    }

    private static char Hex(int digit) => (char)(digit < 10 ? '0' + digit : 'A' + digit - 10);
}
