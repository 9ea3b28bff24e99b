using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Hashing;

namespace RaftCluster.Node.Consistency;

/// <summary>
/// How far a client has seen: <c>Raft-Session</c>. Opaque to clients, so that it can change; 36 characters of base64url over
/// <code>
/// format:u8 (1), cluster id:u64, epoch:u32, revision:i64, check:48 bits
/// </code>
/// all big-endian; the check is the upper part of XxHash3 over what stands before it. It notices damage, not malice.
/// </summary>
/// <param name="ClusterId">The cluster whose history is meant.</param>
/// <param name="Epoch">Which history of that cluster: a restored backup starts another.</param>
/// <param name="Revision">The last revision that was seen; 0 for none.</param>
public readonly record struct SessionToken(ulong ClusterId, int Epoch, long Revision)
{
    /// <summary>The history that is meant.</summary>
    public History History => new(ClusterId, Epoch);

    private const byte Format = 1;
    private const int Checked = 1 + 8 + 4 + 8;
    private const int Length = Checked + 6;

    /// <summary>The length of a token, in characters.</summary>
    public const int TextLength = Length / 3 * 4;

    /// <summary>Reads a token strictly: one text for each token, and none for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SessionToken token)
    {
        token = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length != TextLength
            || text.ContainsAny(" \t\r\n=")
            || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var written)
            || written != Length
            || bytes[0] != Format)
        {
            return false;
        }

        Span<byte> check = stackalloc byte[8];
        XxHash3.Hash(bytes[..Checked], check);
        var epoch = BinaryPrimitives.ReadInt32BigEndian(bytes[9..]);
        var revision = BinaryPrimitives.ReadInt64BigEndian(bytes[13..]);
        if (!check[..6].SequenceEqual(bytes[Checked..]) || epoch < 1 || revision < 0)
        {
            return false;
        }

        token = new SessionToken(BinaryPrimitives.ReadUInt64BigEndian(bytes[1..]), epoch, revision);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], ClusterId);
        BinaryPrimitives.WriteInt32BigEndian(bytes[9..], Epoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes[13..], Revision);
        Span<byte> check = stackalloc byte[8];
        XxHash3.Hash(bytes[..Checked], check);
        check[..6].CopyTo(bytes[Checked..]);
        return Base64Url.EncodeToString(bytes);
    }
}
