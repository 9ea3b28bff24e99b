using System.Collections.Immutable;

namespace RaftCluster.StateMachine;

/// <summary>What one operation of a transaction did, or found.</summary>
public abstract record OperationResult
{
    private OperationResult()
    {
    }

    /// <summary>A row was written.</summary>
    /// <param name="Key">Its key, which the transaction may have made.</param>
    /// <param name="Version">How often the row was written since it was made: 1 for a new row.</param>
    /// <param name="Lease">The lease it is on; 0 for none.</param>
    public sealed record Written(ReadOnlyMemory<byte> Key, long Version, long Lease) : OperationResult;

    /// <summary>A row was removed, if there was one.</summary>
    /// <param name="Existed">Whether there was.</param>
    public sealed record Deleted(bool Existed) : OperationResult;

    /// <summary>The rows of a range were removed.</summary>
    /// <param name="Count">How many.</param>
    public sealed record RangeDeleted(long Count) : OperationResult;

    /// <summary>A row was read.</summary>
    /// <param name="Row">The row; null when there is none.</param>
    public sealed record Got(Row? Row) : OperationResult;

    /// <summary>Rows were read.</summary>
    /// <param name="Rows">The rows, in the order asked for; without values when only keys were asked for.</param>
    /// <param name="Count">How many these are; when only counting was asked for, how many there are.</param>
    /// <param name="More">Whether the limit kept others back.</param>
    public sealed record Ranged(ImmutableArray<Row> Rows, long Count, bool More) : OperationResult;

    /// <summary>A patch was merged into a row.</summary>
    /// <param name="Found">Whether there was a row; if not, nothing happened.</param>
    /// <param name="Version">The row's version afterwards; 0 without a row.</param>
    public sealed record Patched(bool Found, long Version) : OperationResult;

    /// <summary>Something was added to a number.</summary>
    /// <param name="Value">The number it is now, in decimal digits without an exponent.</param>
    /// <param name="Version">The row's version afterwards.</param>
    public sealed record Added(ReadOnlyMemory<byte> Value, long Version) : OperationResult;

    /// <summary>A lease was made.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="TtlMs">How long it lasts without a sign of life, in milliseconds.</param>
    public sealed record LeaseGranted(long Id, long TtlMs) : OperationResult;

    /// <summary>Leases were ended.</summary>
    /// <param name="Leases">How many of those named were there.</param>
    /// <param name="Rows">How many rows went with them.</param>
    public sealed record LeasesEnded(long Leases, long Rows) : OperationResult;

    /// <summary>The caller holds the lock, from now on or already.</summary>
    /// <param name="Fence">The number that tells this holding from all others.</param>
    /// <param name="Lease">The lease that ends it.</param>
    /// <param name="SinceMicros">Since when, in microseconds since 1970 (UTC).</param>
    public sealed record LockHeld(long Fence, long Lease, long SinceMicros) : OperationResult;

    /// <summary>The caller waits for the lock.</summary>
    /// <param name="Position">How many are served before: 1 for nobody but the holder.</param>
    /// <param name="Lease">The lease that ends the waiting.</param>
    /// <param name="Holder">Who holds it.</param>
    /// <param name="Fence">The holder's fence.</param>
    /// <param name="SinceMicros">Since when it is held, in microseconds since 1970 (UTC).</param>
    public sealed record LockQueued(int Position, long Lease, string Holder, long Fence, long SinceMicros) : OperationResult;

    /// <summary>Another holds the lock.</summary>
    /// <param name="Holder">Who.</param>
    /// <param name="Fence">The holder's fence.</param>
    /// <param name="SinceMicros">Since when, in microseconds since 1970 (UTC).</param>
    public sealed record LockTaken(string Holder, long Fence, long SinceMicros) : OperationResult;

    /// <summary>A lock was given back, or a place in its queue.</summary>
    /// <param name="Released">Whether the caller had it.</param>
    public sealed record LockReleased(bool Released) : OperationResult;

    /// <summary>What <see cref="Operation.Compact"/> did.</summary>
    /// <param name="Floor">The oldest revision that can be read from now on.</param>
    public sealed record Compacted(long Floor) : OperationResult;
}
