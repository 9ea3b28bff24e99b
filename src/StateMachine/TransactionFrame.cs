using System.Collections.Immutable;

namespace RaftCluster.StateMachine;

/// <summary>
/// What stands around a transaction: looked at before it, in this order.
/// <code>
/// frame = flags:u8 (1 a key follows), [key length:u16, key, request hash:16 bytes (big-endian), kept for in ms:i64, kept at most:u32],
///         count:u8, (lock name length:u16, lock name, fence:i64) × count
/// </code>
/// The framed transaction follows, its kind first, without a length of its own.
/// </summary>
/// <param name="Key">The name under which the outcome is kept; null for none.</param>
/// <param name="Fences">The locks that the writer holds.</param>
public sealed record TransactionFrame(IdempotencyTerms? Key, ImmutableArray<Fence> Fences)
{
    /// <summary>The most fences.</summary>
    public const int MaximumFences = byte.MaxValue;

    internal static void Write(ByteWriter writer, IdempotencyTerms? key, ReadOnlySpan<Fence> fences)
    {
        writer.Flag(key is not null);
        if (key is not null)
        {
            Invariant.Holds(key.Key.Length >= 1, "an idempotency key is within its limits");
            Invariant.Holds(key.KeepForMs >= 1 && key.KeepAtMost >= 1, "an outcome is kept");
            writer.Text(key.Key, IdempotencyTerms.MaximumKeyLength, "an idempotency key is within its limits");
            writer.U128BigEndian(key.RequestHash);
            writer.I64(key.KeepForMs);
            writer.U32((uint)key.KeepAtMost);
        }

        Invariant.Holds(fences.Length <= MaximumFences, "a transaction's fences are within their limit");
        writer.U8((byte)fences.Length);
        foreach (var fence in fences)
        {
            Invariant.Holds(fence.Lock.Length >= 1 && fence.Number >= 1, "a fence is of a lock that was given");
            writer.Text(fence.Lock, EntryCodec.MaximumKeyLength, "a lock's name is within its limits");
            writer.I64(fence.Number);
        }
    }

    internal static TransactionFrame Read(scoped ref SpanReader reader)
    {
        var key = reader.Flag("frame flags") ? ReadKey(ref reader) : null;
        var count = reader.U8("fence count");
        var fences = ImmutableArray.CreateBuilder<Fence>(count);
        for (var i = 0; i < count; i++)
        {
            var name = reader.Text(EntryCodec.MaximumKeyLength, "lock name");
            var number = reader.I64("fence");
            reader.Require(name.Length >= 1 && number >= 1, "a fence is of no lock");
            fences.Add(new Fence(name, number));
        }

        return new TransactionFrame(key, fences.MoveToImmutable());
    }

    private static IdempotencyTerms ReadKey(scoped ref SpanReader reader)
    {
        var key = reader.Text(IdempotencyTerms.MaximumKeyLength, "idempotency key");
        var hash = reader.U128BigEndian("request hash");
        var keepFor = reader.I64("kept for");
        var keepAtMost = reader.U32("kept at most");
        reader.Require(key.Length >= 1, "idempotency key is empty");
        reader.Require(keepFor >= 1 && keepAtMost is >= 1 and <= int.MaxValue, "an outcome is not kept");
        return new IdempotencyTerms(key, hash, keepFor, (int)keepAtMost);
    }
}
