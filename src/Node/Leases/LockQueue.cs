using System.Text;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Locks;

namespace RaftCluster.Node.Leases;

/// <summary>What became of somebody who waited for a lock.</summary>
public abstract record LockTurn
{
    private LockTurn()
    {
    }

    /// <summary>It holds the lock now, and this node leads.</summary>
    /// <param name="Fence">The number of the holding.</param>
    /// <param name="Lease">Its lease, which has just been given a full term.</param>
    /// <param name="Since">Since when, in microseconds since 1970 (UTC).</param>
    /// <param name="Revision">The revision at which that stands.</param>
    public sealed record Holds(long Fence, long Lease, long Since, long Revision) : LockTurn;

    /// <summary>Its place is gone: the lease was ended by somebody, or ran out under another leader.</summary>
    public sealed record Lost : LockTurn;

    /// <summary>This node leads no more; the place is kept, and the next leader serves it.</summary>
    public sealed record NotLeader : LockTurn;
}

/// <summary>
/// Waits for turns at locks, on the leader. The queues are rows, so that they outlive it; here is only who waits for which
/// of them. Each waits for the lease of the one before it to end, so that a turn wakes one and not all.
/// </summary>
/// <param name="leases">Who counts the leases, and keeps that of a waiter alive.</param>
/// <param name="store">The rows.</param>
public sealed class LockQueue(LeaseKeeper leases, IStateMachine store)
{
    /// <summary>Waits, with the place's lease kept alive, until the owner holds the lock or has no place in its queue.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first; the place is kept for a full term of its lease.</exception>
    public async ValueTask<LockTurn> WaitAsync(string name, string owner, CancellationToken patience)
    {
        IDisposable? hold = null;
        try
        {
            while (await leases.LeadsAsync(patience).ConfigureAwait(false))
            {
                patience.ThrowIfCancellationRequested();
                var (row, revision) = Read(name);
                if (row?.Holder is { } holder && holder.Owner == owner)
                {
                    return await ConfirmAsync(row, holder, revision, patience).ConfigureAwait(false);
                }

                if (row is null || Place(row, owner) is not { } place)
                {
                    return new LockTurn.Lost();
                }

                var lease = row.Waiters[place].Lease;
                hold ??= await leases.HoldAsync(lease, patience).ConfigureAwait(false);
                var before = place == 0 ? row.Holder!.Lease : row.Waiters[place - 1].Lease;
                var next = await Task.WhenAny(leases.WhenEnded(before), leases.WhenEnded(lease)).WaitAsync(patience).ConfigureAwait(false);
                await next.ConfigureAwait(false);
                await Task.Yield();
            }

            return new LockTurn.NotLeader();
        }
        finally
        {
            hold?.Dispose();
        }
    }

    /// <summary>A turn is told only with a proof that it still is one.</summary>
    private async ValueTask<LockTurn> ConfirmAsync(LockRow row, LockHolder holder, long revision, CancellationToken patience) =>
        await leases.KeepAliveAsync(holder.Lease, patience).ConfigureAwait(false) switch
        {
            LeaseAnswer.Alive => new LockTurn.Holds(row.Fence, holder.Lease, holder.Since, revision),
            LeaseAnswer.NotLeader => new LockTurn.NotLeader(),
            _ => new LockTurn.Lost(),
        };

    private (LockRow? Row, long Revision) Read(string name)
    {
        using var picture = store.Read();
        var revision = picture.Position.Revision;
        var row = picture.Get(SystemTables.Locks, Encoding.UTF8.GetBytes(name), revision);
        return (row is null ? null : LockRow.Read(row.Value.Span), revision);
    }

    private static int? Place(LockRow row, string owner)
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
}
