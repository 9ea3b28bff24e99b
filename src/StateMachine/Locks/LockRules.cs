using System.Collections.Immutable;
using System.Text;
using RaftCluster.StateMachine.Leases;

namespace RaftCluster.StateMachine.Locks;

/// <summary>
/// What the operations on locks decide. A lock has one holder at most; those who wait are served in the order they came;
/// and the number of a holding, its fence, is the revision that began it, so that a later one is always greater.
/// </summary>
internal static class LockRules
{
    /// <summary>Takes a lock, or a place in its queue. Who asks again, under the same name, has what they have.</summary>
    public static OperationResult Acquire(ITransactionRows rows, Operation.AcquireLock acquire)
    {
        var (key, row) = (Encoding.UTF8.GetBytes(acquire.Name), Read(rows, acquire.Name));
        var guards = acquire.Guards.IsDefault ? [] : acquire.Guards;
        if (row.Waiters.Aggregate(Union(row.Guards, guards), (all, waiter) => Union(all, waiter.Guards)).Length > LockRow.MaximumGuards)
        {
            rows.Fail(FailureKind.OutOfRange, $"the lock would guard more than {LockRow.MaximumGuards} prefixes");
            return new OperationResult.LockReleased(false);
        }

        if (row.Holder is not { } holder)
        {
            holder = new LockHolder(acquire.Owner, MakeLease(rows, key, acquire), rows.Time);
            Save(rows, key, row with { Guards = Union(row.Guards, guards), Fence = rows.Revision, Holder = holder });
            return new OperationResult.LockHeld(rows.Revision, holder.Lease, holder.Since);
        }

        if (holder.Owner == acquire.Owner)
        {
            SaveIfOther(rows, key, row, row with { Guards = Union(row.Guards, guards) });
            return new OperationResult.LockHeld(row.Fence, holder.Lease, holder.Since);
        }

        if (PlaceOf(row, acquire.Owner) is { } place)
        {
            return Queued(row, holder, place);
        }

        if (!acquire.Queue || row.Waiters.Length >= LockRow.MaximumWaiters)
        {
            return new OperationResult.LockTaken(holder.Owner, row.Fence, holder.Since);
        }

        var waiter = new LockWaiter(acquire.Owner, MakeLease(rows, key, acquire), rows.Time, guards);
        row = row with { Waiters = row.Waiters.Add(waiter) };
        if (Save(rows, key, row) > LockRow.MaximumLength)
        {
            rows.Fail(FailureKind.OutOfRange, "those who wait for the lock ask for too many guards");
        }

        return Queued(row, holder, row.Waiters.Length - 1);
    }

    /// <summary>Gives a lock back, and to the first that waits; with it ends the holder's lease.</summary>
    public static OperationResult Release(ITransactionRows rows, Operation.ReleaseLock release)
    {
        var (key, row) = (Encoding.UTF8.GetBytes(release.Name), Read(rows, release.Name));
        var drops = release.DropGuard && !row.Guards.IsEmpty;
        if (row.Holder is { } holder && !MayRelease(release, row, holder))
        {
            return new OperationResult.LockTaken(holder.Owner, row.Fence, holder.Since);
        }

        if (drops)
        {
            row = row with { Guards = [] };
            Save(rows, key, row);
        }

        if (row.Holder is not null)
        {
            LeaseRules.End(rows, [row.Holder.Lease]);
        }

        return new OperationResult.LockReleased(drops || row.Holder is not null);
    }

    /// <summary>Takes somebody out of a lock's queue; who holds the lock by now keeps it.</summary>
    public static OperationResult Leave(ITransactionRows rows, Operation.LeaveQueue leave)
    {
        var row = Read(rows, leave.Name);
        if (row.Holder is { } holder && holder.Owner == leave.Owner)
        {
            return new OperationResult.LockHeld(row.Fence, holder.Lease, holder.Since);
        }

        if (PlaceOf(row, leave.Owner) is not { } place)
        {
            return new OperationResult.LockReleased(false);
        }

        LeaseRules.End(rows, [row.Waiters[place].Lease]);
        return new OperationResult.LockReleased(true);
    }

    /// <summary>Leases have ended: whoever held or waited by them is out, and the first that still waits holds the lock.</summary>
    public static void LoseLeases(ITransactionRows rows, ReadOnlySpan<byte> key, HashSet<long> ended)
    {
        if (rows.Find(SystemTables.Locks, key) is not { } stored)
        {
            return;
        }

        var before = LockRow.Read(stored.Value.Span);
        var after = before with { Waiters = before.Waiters.RemoveAll(waiter => ended.Contains(waiter.Lease)) };
        if (before.Holder is { } holder && ended.Contains(holder.Lease))
        {
            after = after.Waiters is [var first, ..]
                ? after with
                {
                    Guards = Union(after.Guards, first.Guards),
                    Fence = rows.Revision,
                    Holder = new LockHolder(first.Owner, first.Lease, rows.Time),
                    Waiters = after.Waiters.RemoveAt(0),
                }
                : after with { Holder = null };
        }

        Save(rows, key, after);
    }

    /// <summary>The fence of a lock's present holder.</summary>
    /// <param name="value">The lock's row in <see cref="SystemTables.Locks"/>.</param>
    /// <returns>The fence; 0 when nobody holds the lock.</returns>
    public static long HoldersFence(ReadOnlySpan<byte> value) =>
        LockRow.Read(value) is { Holder: not null } row ? row.Fence : 0;

    private static LockRow Read(ITransactionRows rows, string name) =>
        rows.Find(SystemTables.Locks, Encoding.UTF8.GetBytes(name)) is { } row ? LockRow.Read(row.Value.Span) : LockRow.Free;

    private static long MakeLease(ITransactionRows rows, ReadOnlySpan<byte> key, Operation.AcquireLock acquire)
    {
        var lease = LeaseRules.Make(rows, acquire.TtlMs, acquire.Owner);
        rows.Attach(lease, SystemTables.Locks, key);
        return lease;
    }

    private static void SaveIfOther(ITransactionRows rows, ReadOnlySpan<byte> key, LockRow before, LockRow after)
    {
        if (!before.Guards.SequenceEqual(after.Guards))
        {
            Save(rows, key, after);
        }
    }

    /// <returns>How long the row is, in bytes.</returns>
    private static int Save(ITransactionRows rows, ReadOnlySpan<byte> key, LockRow row)
    {
        Invariant.Holds(row.Holder is not null || row.Waiters.IsEmpty, "nobody waits for a lock that nobody holds");
        if (row is { Holder: null, Guards.IsEmpty: true })
        {
            rows.Delete(SystemTables.Locks, key);
            return 0;
        }

        var json = row.ToJson();
        rows.Put(SystemTables.Locks, key, SystemTables.ContentType, json);
        return json.Length;
    }

    private static bool MayRelease(Operation.ReleaseLock release, LockRow row, LockHolder holder) =>
        release.Force
        || ((release.Owner is not null || release.Fence > 0)
            && (release.Owner is null || release.Owner == holder.Owner)
            && (release.Fence == 0 || release.Fence == row.Fence));

    private static int? PlaceOf(LockRow row, string owner)
    {
        for (var place = 0; place < row.Waiters.Length; place++)
        {
            if (row.Waiters[place].Owner == owner)
            {
                return place;
            }
        }

        return null;
    }

    private static OperationResult.LockQueued Queued(LockRow row, LockHolder holder, int place) =>
        new(place + 1, row.Waiters[place].Lease, holder.Owner, row.Fence, holder.Since);

    /// <summary>A guard stays until it is dropped: a holder that comes later can't lift it by not asking for it.</summary>
    private static ImmutableArray<Guard> Union(ImmutableArray<Guard> held, ImmutableArray<Guard> asked) =>
        [.. held.Concat(asked).Distinct()];
}
