using System.Buffers.Binary;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// A key of the family <see cref="Family.History"/>: table length:u8, table, key with each 0x00 written as 0x00 0xFF,
/// 0x00 0x00, then the revision's complement:u64 (big-endian), so that newer versions come first. The escape keeps
/// the keys' order and ends each key where no other can go on: no row's history holds another's.
/// </summary>
internal static class HistoryKey
{
    /// <summary>The length of the revision at the end.</summary>
    public const int RevisionLength = 8;

    /// <summary>The longest one.</summary>
    public const int MaximumLength =
        1 + EntryCodec.MaximumTableLength + (2 * EntryCodec.MaximumKeyLength) + 2 + RevisionLength;

    /// <summary>Writes what all versions of a row share.</summary>
    /// <param name="target">At least <see cref="MaximumLength"/> bytes.</param>
    /// <param name="rowKey">The row's key, as <see cref="RowKey"/> writes it.</param>
    /// <returns>Its length.</returns>
    public static int WriteGroup(Span<byte> target, ReadOnlySpan<byte> rowKey)
    {
        var length = WriteBound(target, rowKey);
        target[length++] = 0;
        target[length++] = 0;
        return length;
    }

    /// <summary>Writes a bound: at or before every version of that row and of all rows after it.</summary>
    /// <returns>Its length.</returns>
    public static int WriteBound(Span<byte> target, ReadOnlySpan<byte> rowKey)
    {
        var key = RowKey.KeyOf(rowKey);
        var length = rowKey.Length - key.Length;
        rowKey[..length].CopyTo(target);
        while (true)
        {
            var zero = key.IndexOf((byte)0);
            var plain = zero < 0 ? key : key[..zero];
            plain.CopyTo(target[length..]);
            length += plain.Length;
            if (zero < 0)
            {
                return length;
            }

            target[length++] = 0;
            target[length++] = byte.MaxValue;
            key = key[(zero + 1)..];
        }
    }

    /// <summary>Writes the revision behind the group.</summary>
    /// <returns>The length of the whole key.</returns>
    public static int WriteRevision(Span<byte> target, int groupLength, long revision)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target[groupLength..], ~(ulong)revision);
        return groupLength + RevisionLength;
    }

    /// <summary>What all versions of the row share.</summary>
    public static ReadOnlySpan<byte> GroupOf(ReadOnlySpan<byte> historyKey) => historyKey[..^RevisionLength];

    /// <summary>The revision of the version, or of the tombstone.</summary>
    public static long RevisionOf(ReadOnlySpan<byte> historyKey) =>
        (long)~BinaryPrimitives.ReadUInt64BigEndian(historyKey[^RevisionLength..]);

    /// <summary>Turns a group back into the row's key, without its table.</summary>
    /// <param name="target">At least <see cref="EntryCodec.MaximumKeyLength"/> bytes.</param>
    /// <param name="group">What <see cref="WriteGroup"/> wrote.</param>
    /// <returns>The key's length.</returns>
    public static int ReadKey(Span<byte> target, ReadOnlySpan<byte> group)
    {
        var escaped = group[(1 + group[0])..^2];
        var length = 0;
        while (true)
        {
            var zero = escaped.IndexOf((byte)0);
            var plain = zero < 0 ? escaped : escaped[..(zero + 1)];
            plain.CopyTo(target[length..]);
            length += plain.Length;
            if (zero < 0)
            {
                return length;
            }

            escaped = escaped[(zero + 2)..];
        }
    }
}
