using System.Text;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// A key of the family <see cref="Family.Rows"/>: table length:u8, table, key (raw, to the end). The length in front
/// keeps tables apart; within a table the order is that of the keys' bytes.
/// </summary>
internal static class RowKey
{
    /// <summary>The longest one.</summary>
    public const int MaximumLength = 1 + EntryCodec.MaximumTableLength + EntryCodec.MaximumKeyLength;

    /// <summary>The longest start of a table's keys.</summary>
    public const int MaximumPrefixLength = 1 + EntryCodec.MaximumTableLength;

    /// <summary>Writes the start that all keys of a table share.</summary>
    /// <returns>Its length.</returns>
    public static int WritePrefix(Span<byte> target, string table)
    {
        var length = Encoding.UTF8.GetByteCount(table);
        Invariant.Holds(length is >= 1 and <= EntryCodec.MaximumTableLength, "a table's name is within its limits");
        target[0] = (byte)length;
        Encoding.UTF8.GetBytes(table, target[1..]);
        return 1 + length;
    }

    /// <summary>Writes the start that all keys of a table share.</summary>
    /// <returns>Its length.</returns>
    public static int WritePrefix(Span<byte> target, ReadOnlySpan<byte> table)
    {
        target[0] = (byte)table.Length;
        table.CopyTo(target[1..]);
        return 1 + table.Length;
    }

    /// <summary>Writes a whole key.</summary>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> target, ReadOnlySpan<byte> table, ReadOnlySpan<byte> key)
    {
        var prefix = WritePrefix(target, table);
        key.CopyTo(target[prefix..]);
        return prefix + key.Length;
    }

    /// <summary>Turns the start of a table's keys into the first key after all of them.</summary>
    public static void MakeSuccessor(Span<byte> prefix)
    {
        Invariant.Holds(prefix[^1] < byte.MaxValue, "no UTF-8 ends in 0xFF");
        prefix[^1]++;
    }

    /// <summary>The table's name.</summary>
    public static ReadOnlySpan<byte> TableOf(ReadOnlySpan<byte> rowKey) => rowKey.Slice(1, rowKey[0]);

    /// <summary>The key without its table.</summary>
    public static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> rowKey) => rowKey[(1 + rowKey[0])..];
}
