using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Hashing;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>
/// Where a page ended: <c>next</c> and <c>after</c>. Pins the revision, so that all pages are of one picture, and is
/// good for the query it came from alone. Opaque; base64url over
/// <code>
/// format:u8 (1), revision:i64, query:u64 (its hash), key (to the check), check:48 bits
/// </code>
/// all big-endian; the check is the upper part of XxHash3 over what stands before it.
/// </summary>
/// <param name="Revision">The revision that every page shows.</param>
/// <param name="Query">The hash of the query.</param>
/// <param name="Key">The last key of the page.</param>
internal readonly record struct PageToken(long Revision, ulong Query, ReadOnlyMemory<byte> Key)
{
    private const byte Format = 1;
    private const int Head = 1 + 8 + 8;
    private const int Check = 6;
    private const int Longest = Head + EntryCodec.MaximumKeyLength + Check;

    /// <summary>Reads a token strictly.</summary>
    public static bool TryParse(string text, out PageToken token)
    {
        token = default;
        Span<byte> bytes = stackalloc byte[Longest + 3];
        if (text.Length > Base64Url.GetEncodedLength(Longest)
            || text.AsSpan().ContainsAny(" \t\r\n=")
            || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var length)
            || length <= Head + Check
            || bytes[0] != Format)
        {
            return false;
        }

        Span<byte> check = stackalloc byte[8];
        XxHash3.Hash(bytes[..(length - Check)], check);
        if (!check[..Check].SequenceEqual(bytes[(length - Check)..length]))
        {
            return false;
        }

        token = new PageToken(
            BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[9..]),
            bytes[Head..(length - Check)].ToArray());
        return token.Revision >= 0 && token.ToString() == text;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Head + Key.Length + Check];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], Revision);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[9..], Query);
        Key.Span.CopyTo(bytes[Head..]);
        Span<byte> check = stackalloc byte[8];
        XxHash3.Hash(bytes[..^Check], check);
        check[..Check].CopyTo(bytes[^Check..]);
        return Base64Url.EncodeToString(bytes);
    }
}
