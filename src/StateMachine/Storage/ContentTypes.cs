using System.IO.Hashing;
using System.Text;

namespace RaftCluster.StateMachine.Storage;

/// <summary>Turns stored content types into strings; few are in use, so most reads find theirs made already.</summary>
internal static class ContentTypes
{
    private static readonly Known?[] Recent = new Known?[64];

    /// <summary>The name; null for an empty one.</summary>
    public static string? Name(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return null;
        }

        // A slot is replaced whole, so threads that race at worst make the same string twice.
        ref var slot = ref Recent[XxHash3.HashToUInt64(utf8) % (ulong)Recent.Length];
        var known = Volatile.Read(ref slot);
        if (known is null || !utf8.SequenceEqual(known.Utf8))
        {
            known = new Known(utf8.ToArray(), Encoding.UTF8.GetString(utf8));
            Volatile.Write(ref slot, known);
        }

        return known.Name;
    }

    private sealed record Known(byte[] Utf8, string Name);
}
