using System.Text;
using RaftCluster.StateMachine.Idempotency;
using RaftCluster.StateMachine.Leases;
using RaftCluster.StateMachine.Locks;
using RaftCluster.StateMachine.Transactions;

namespace RaftCluster.StateMachine;

/// <summary>
/// Decides what an entry does. Everything follows from the entry and the rows: no clock, no chance, no storage but
/// the ports. For one thread.
/// </summary>
internal sealed class EntryApplication
{
    private readonly IRowChanges _rows;
    private readonly KeptOutcomes _kept;
    private readonly ChangeList _changes = new();
    private readonly Guards _guards = new();
    private readonly Quotas _quotas = new();
    private readonly List<LeaseEvent> _leaseEvents = [];

    public EntryApplication(IRowChanges rows, IKeptRecords kept)
    {
        _rows = rows;
        _kept = new KeptOutcomes(kept);
        using var locks = rows.Walk(Encoding.UTF8.GetBytes(SystemTables.Locks), [], [], descending: false);
        while (locks.Next())
        {
            _guards.Follow(Encoding.UTF8.GetString(locks.Key), locks.Value);
        }

        using var tables = rows.Walk(Encoding.UTF8.GetBytes(SystemTables.Tables), [], [], descending: false);
        while (tables.Next())
        {
            _quotas.Follow(tables.Key, tables.Value);
        }
    }

    /// <summary>Why what a transaction did would make a table larger than it may be; null when it would not.</summary>
    private Outcome.Failed? OverQuota(in AppliedPosition position, Overlay overlay)
    {
        if (!_quotas.Any)
        {
            return null;
        }

        var changes = new SortedDictionary<string, TableSize>(StringComparer.Ordinal);
        foreach (var row in overlay.Changes)
        {
            var table = Encoding.UTF8.GetString(row.Id.Table);
            if (_quotas.Find(table) is null)
            {
                continue;
            }

            var before = _rows.Find(row.Id.Table, row.Id.Key).Exists
                ? new TableSize(-1, -row.Id.Key.Length - _rows.FoundValue.Length)
                : default;
            var after = row.Held.Exists ? new TableSize(1, row.Id.Key.Length + row.Value.Length) : default;
            changes[table] = changes.GetValueOrDefault(table) + before + after;
        }

        foreach (var (table, change) in changes)
        {
            if (_quotas.Find(table)!.Value.Refuse(table, _rows.SizeOf(Encoding.UTF8.GetBytes(table)), change) is { } why)
            {
                return new Outcome.Failed(position.Revision, FailureKind.QuotaExceeded, -1, why);
            }
        }

        return null;
    }

    /// <summary>The leases that the last entry made or ended, in order.</summary>
    public IReadOnlyList<LeaseEvent> LeaseEvents => _leaseEvents;

    /// <summary>Applies one entry.</summary>
    /// <param name="before">The position before it.</param>
    /// <param name="index">The entry's index, above the position's.</param>
    /// <param name="term">The entry's term, not below the position's.</param>
    /// <param name="entry">The entry; empty for one that concerns consensus alone.</param>
    /// <param name="outcomes">What each transaction did.</param>
    /// <returns>The position after it.</returns>
    public AppliedPosition Apply(
        in AppliedPosition before, long index, long term, ReadOnlySpan<byte> entry, out Outcome[] outcomes)
    {
        Invariant.Holds(index > before.Index, "entries arrive in the log's order, each once");
        Invariant.Holds(term >= before.Term, "terms never go back");
        _leaseEvents.Clear();
        var position = before with { Index = index, Term = term };
        if (entry.IsEmpty)
        {
            outcomes = [];
            return position;
        }

        var reader = EntryCodec.ReadTransactions(entry);
        position = position with { Time = Math.Max(before.Time, reader.Header.Time) };
#if CHAOS
        if (Mutant.Is(Mutant.ApplyWithLocalClock))
        {
            position = position with { Time = Math.Max(before.Time, Mutant.LocalClock()) };
        }

#endif
        outcomes = new Outcome[reader.Header.Count];
        _kept.Begin();
        for (var i = 0; reader.Next(out var transaction); i++)
        {
            _rows.Begin(isLast: i == outcomes.Length - 1);
            outcomes[i] = transaction.Frame is { } frame
                ? Framed(ref position, transaction, frame)
                : Run(ref position, transaction, []);
        }

        _kept.Complete(position.Time);
        return position;
    }

    private Outcome Framed(ref AppliedPosition position, in TransactionView transaction, TransactionFrame frame)
    {
        if (frame.Key is { } asked && _kept.Find(asked, position.Time) is { } kept)
        {
            return kept.RequestHash == asked.RequestHash
                ? new Outcome.Replayed(position.Revision, kept.Outcome)
                : new Outcome.KeyReused(position.Revision);
        }

        var outcome = BrokenFence(position, frame) ?? Run(ref position, transaction, frame.Fences.AsSpan());
        if (frame.Key is { } terms && outcome is not Outcome.Failed { Kind: FailureKind.TableChanged })
        {
            _kept.Keep(terms, position.Time, outcome);
        }

        return outcome;
    }

    private Outcome.Fenced? BrokenFence(in AppliedPosition position, TransactionFrame frame)
    {
#if CHAOS
        if (Mutant.Is(Mutant.IgnoreFence))
        {
            return null;
        }

#endif
        foreach (var fence in frame.Fences)
        {
            var holders = TransactionEvaluation.HoldersFence(new Overlay(_rows, position), fence.Lock);
            if (holders != fence.Number)
            {
                return new Outcome.Fenced(position.Revision, fence.Lock, holders);
            }
        }

        return null;
    }

    private Outcome Run(ref AppliedPosition position, in TransactionView transaction, ReadOnlySpan<Fence> fences) =>
        transaction.Kind switch
        {
            CommandKind.Put => Put(ref position, transaction, fences),
            CommandKind.Delete => Delete(ref position, transaction, fences),
            CommandKind.DeleteRange => DeleteRange(ref position, transaction, fences),
            CommandKind.Transaction => Transact(ref position, transaction.Transaction!, fences),
            _ => throw new InvariantException($"unknown command {transaction.Kind}"),
        };

    private Outcome Put(ref AppliedPosition position, in TransactionView put, ReadOnlySpan<Fence> fences)
    {
        if (_guards.Any && _guards.Missing(put.Table, put.Key, fences) is { } guard)
        {
            return TransactionEvaluation.Fenced(new Overlay(_rows, position), position.Revision, guard);
        }

        var held = _rows.Find(put.Table, put.Key);
        if (!put.When.Accepts(held.Revision))
        {
            return new Outcome.Refused(position.Revision, held.Revision);
        }

        if (held.Lease > 0 || IsSystem(put.Table) || (_quotas.Any && _quotas.Find(Encoding.UTF8.GetString(put.Table)) is not null))
        {
            var command = (Command.Put)put.ToCommand();
            var overlay = new Overlay(_rows, position);
            var version = overlay.Put(command.Table, put.Key, command.ContentType, command.Value);
            if (OverQuota(position, overlay) is { } over)
            {
                return over;
            }

            Commit(ref position, overlay);
            return new Outcome.Written(position.Revision, version);
        }

        Begin(position);
        var after = held.Written(position.Revision + 1);
        _rows.Write(after, put.ContentType, put.Value);
        _changes.Written(held, put.Table, put.Key, put.ContentType, put.Value, lease: 0);
        Commit(ref position);
        return new Outcome.Written(position.Revision, after.Version);
    }

    private Outcome Delete(ref AppliedPosition position, in TransactionView delete, ReadOnlySpan<Fence> fences)
    {
        if (_guards.Any && _guards.Missing(delete.Table, delete.Key, fences) is { } guard)
        {
            return TransactionEvaluation.Fenced(new Overlay(_rows, position), position.Revision, guard);
        }

        var held = _rows.Find(delete.Table, delete.Key);
        if (!delete.When.Accepts(held.Revision))
        {
            return new Outcome.Refused(position.Revision, held.Revision);
        }

        if (!held.Exists)
        {
            return new Outcome.Absent(position.Revision);
        }

        if (held.Lease > 0 || IsSystem(delete.Table))
        {
            var overlay = new Overlay(_rows, position);
            overlay.Delete(Encoding.UTF8.GetString(delete.Table), delete.Key);
            Commit(ref position, overlay);
            return new Outcome.Deleted(position.Revision, 1);
        }

        Begin(position);
        _rows.Remove(position.Revision + 1);
        _changes.Deleted(held, delete.Table, delete.Key);
        Commit(ref position);
        return new Outcome.Deleted(position.Revision, 1);
    }

    private Outcome DeleteRange(ref AppliedPosition position, in TransactionView range, ReadOnlySpan<Fence> fences)
    {
        if (_guards.Any && _guards.Missing(range.Table, range.Start, range.End, fences) is { } guard)
        {
            return TransactionEvaluation.Fenced(new Overlay(_rows, position), position.Revision, guard);
        }

        if ((_rows.HasLeases && HoldsLeases(range)) || IsSystem(range.Table))
        {
            return DeleteRangeOneByOne(ref position, range);
        }

        Begin(position);
        var count = _rows.RemoveRange(range.Table, range.Start, range.End, position.Revision + 1, _changes);
        if (count > 0)
        {
            Commit(ref position);
        }

        return new Outcome.Deleted(position.Revision, count);
    }

    private static bool IsSystem(ReadOnlySpan<byte> table) => table[0] == '$';

    private bool HoldsLeases(in TransactionView range)
    {
        using var walk = _rows.Walk(range.Table, range.Start, range.End, descending: false);
        while (walk.Next())
        {
            if (walk.Held.Lease > 0)
            {
                return true;
            }
        }

        return false;
    }

    private Outcome.Deleted DeleteRangeOneByOne(ref AppliedPosition position, in TransactionView range)
    {
        var command = (Command.DeleteRange)range.ToCommand();
        var overlay = new Overlay(_rows, position);
        var keys = overlay.Walk(command.Table, new KeyRange(command.Start, command.End), withValues: false)
            .Select(static row => row.Key)
            .ToList();
        foreach (var key in keys)
        {
            overlay.Delete(command.Table, key.Span);
        }

        Commit(ref position, overlay);
        return new Outcome.Deleted(position.Revision, keys.Count);
    }

    private Outcome Transact(ref AppliedPosition position, Transaction transaction, ReadOnlySpan<Fence> fences)
    {
        var overlay = new Overlay(_rows, position);
        var outcome = TransactionEvaluation.Run(transaction, overlay, _guards, fences);
        if (outcome is not Outcome.Transacted transacted)
        {
            return outcome;
        }

        if (OverQuota(position, overlay) is { } over)
        {
            return over;
        }

        Commit(ref position, overlay);
        return transacted with { Revision = position.Revision };
    }

    private void Begin(in AppliedPosition position) => _changes.Begin(
        position.StateHash, position.Revision + 1, position.Term, position.Index, position.Time);

    private void Commit(ref AppliedPosition position)
    {
        position = position with { Revision = position.Revision + 1, StateHash = _changes.Complete() };
        _rows.Log(position.Revision, _changes.Record);
    }

    /// <summary>Writes what a transaction did, if anything is left of it.</summary>
    private void Commit(ref AppliedPosition position, Overlay overlay)
    {
        TransactionEvaluation.EndUnusedLeases(overlay);
        _rows.RaiseFloor(overlay.Floor);
        var any = false;
        foreach (var row in overlay.Changes)
        {
            if (!any)
            {
                Begin(position);
                any = true;
            }

            Write(row, overlay.Revision);
        }

        if (!any)
        {
            return;
        }

        foreach (var (lease, row, listed) in overlay.Lists.Changes)
        {
            _rows.List(lease, row, listed);
        }

        Commit(ref position);
    }

    private void Write(OverlayRow row, long revision)
    {
        var found = _rows.Find(row.Id.Table, row.Id.Key);
        Invariant.Holds(found == row.Before, "nothing is written while a transaction is decided");
        if (row.Held.Exists)
        {
            var contentType = Encoding.UTF8.GetBytes(row.ContentType ?? "");
            _rows.Write(row.Held, contentType, row.Value.Span);
            _changes.Written(found, row.Id.Table, row.Id.Key, contentType, row.Value.Span, row.Held.Lease);
        }
        else
        {
            _rows.Remove(revision);
            _changes.Deleted(found, row.Id.Table, row.Id.Key);
        }

        Follow(row);
    }

    /// <summary>What is kept in memory beside the rows of system tables.</summary>
    private void Follow(OverlayRow row)
    {
        if (!IsSystem(row.Id.Table))
        {
            return;
        }

        switch (Encoding.UTF8.GetString(row.Id.Table))
        {
            case SystemTables.Locks:
                _guards.Follow(Encoding.UTF8.GetString(row.Id.Key), row.Value.Span);
                break;
            case SystemTables.Tables:
                _quotas.Follow(row.Id.Key, row.Held.Exists ? row.Value.Span : default);
                break;
            case SystemTables.Leases when row.Before.Exists != row.Held.Exists:
                var ttl = row.Held.Exists ? LeaseRecord.Read(row.Value.Span).TtlMs : 0;
                _leaseEvents.Add(new LeaseEvent(LeaseRecord.IdOf(row.Id.Key), ttl));
                break;
        }
    }
}
