using System.Text;
using RaftCluster.StateMachine.Locks;

namespace RaftCluster.StateMachine.Replay;

/// <summary>
/// Does again what a change log recorded: nothing is decided, and the rows, their history, the change log and the state
/// hash come out as they were. For one thread.
/// </summary>
internal sealed class RecordedApplication(IRowChanges rows)
{
    private readonly ChangeList _changes = new();
    private RecordedTransaction _transaction;

    /// <summary>Begins a transaction.</summary>
    /// <exception cref="HistoryMismatchException">It is not the next one.</exception>
    public void Begin(in AppliedPosition before, in RecordedTransaction transaction)
    {
        if (transaction.Revision != before.Revision + 1)
        {
            throw new HistoryMismatchException($"revision {transaction.Revision} does not follow on revision {before.Revision}");
        }

        if (transaction.Index < before.Index || transaction.Term < before.Term || transaction.Time < before.Time)
        {
            throw new HistoryMismatchException(
                $"revision {transaction.Revision} is of entry {transaction.Index}, term {transaction.Term}, and revision {before.Revision} "
                + $"before it of entry {before.Index}, term {before.Term}");
        }

        _transaction = transaction;
        rows.Begin(isLast: true);
        _changes.Begin(before.StateHash, transaction.Revision, transaction.Term, transaction.Index, transaction.Time);
    }

    /// <summary>A row was written.</summary>
    /// <exception cref="HistoryMismatchException">It was inserted and is there, or updated and is not.</exception>
    public void Write(
        ChangeOperation operation, in RowId row, in RecordedVersion version, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> value)
    {
        var found = Find(operation, row);
        var after = new Held(_transaction.Revision, version.Created, version.Version, version.Lease);
        var listed = ListedWith(row, value);
        var before = ListedWith(row, found.Exists ? rows.FoundValue : default);
        rows.Write(after, contentType, value);
        _changes.Written(found, row.Table, row.Key, contentType, value, version.Lease);
        if (version.Lease > 0)
        {
            listed.Add(version.Lease);
        }

        if (found.Lease > 0)
        {
            before.Add(found.Lease);
        }

        List(row, before, listed);
    }

    /// <summary>A row was removed.</summary>
    /// <exception cref="HistoryMismatchException">It is not there.</exception>
    public void Remove(in RowId row)
    {
        var found = Find(ChangeOperation.Delete, row);
        var before = ListedWith(row, rows.FoundValue);
        rows.Remove(_transaction.Revision);
        _changes.Deleted(found, row.Table, row.Key);
        if (found.Lease > 0)
        {
            before.Add(found.Lease);
        }

        List(row, before, []);
    }

    /// <summary>Ends the transaction.</summary>
    /// <returns>The position after it.</returns>
    public AppliedPosition Complete()
    {
        var hash = _changes.Complete();
        rows.Log(_transaction.Revision, _changes.Record);
        return new AppliedPosition(_transaction.Index, _transaction.Term, _transaction.Revision, hash, _transaction.Time);
    }

    private Held Find(ChangeOperation operation, in RowId row)
    {
        var found = rows.Find(row.Table, row.Key);
        return found.Exists == (operation != ChangeOperation.Insert)
            ? found
            : throw new HistoryMismatchException(
                $"revision {_transaction.Revision} has an {operation.ToString().ToLowerInvariant()} of a row of "
                + $"{Encoding.UTF8.GetString(row.Table)} that is {(found.Exists ? "" : "not ")}there");
    }

    /// <summary>The leases that a lock's row is listed with besides its own: its holder's, and those of all who wait.</summary>
    private static HashSet<long> ListedWith(in RowId row, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || Encoding.UTF8.GetString(row.Table) != SystemTables.Locks)
        {
            return [];
        }

        var held = LockRow.Read(value);
        HashSet<long> leases = [.. held.Waiters.Select(waiter => waiter.Lease)];
        if (held.Holder is { } holder)
        {
            leases.Add(holder.Lease);
        }

        return leases;
    }

    private void List(in RowId row, HashSet<long> before, HashSet<long> after)
    {
        foreach (var lease in before.Except(after))
        {
            rows.List(lease, row, listed: false);
        }

        foreach (var lease in after.Except(before))
        {
            rows.List(lease, row, listed: true);
        }
    }
}
