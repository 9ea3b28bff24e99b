namespace RaftCluster.StateMachine;

/// <summary>
/// Decides what an entry does. Everything follows from the entry and the rows: no clock, no chance, no storage but
/// the port. For one thread.
/// </summary>
internal sealed class EntryApplication(IRowChanges rows)
{
    private readonly ChangeList _changes = new();

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
        var position = before with { Index = index, Term = term };
        if (entry.IsEmpty)
        {
            outcomes = [];
            return position;
        }

        var reader = EntryCodec.ReadTransactions(entry);
        position = position with { Time = Math.Max(before.Time, reader.Header.Time) };
        outcomes = new Outcome[reader.Header.Count];
        for (var i = 0; reader.Next(out var transaction); i++)
        {
            rows.Begin(isLast: i == outcomes.Length - 1);
            outcomes[i] = transaction.Kind switch
            {
                CommandKind.Put => Put(ref position, transaction),
                CommandKind.Delete => Delete(ref position, transaction),
                CommandKind.DeleteRange => DeleteRange(ref position, transaction),
                _ => throw new InvariantException($"unknown command {transaction.Kind}"),
            };
        }

        return position;
    }

    private Outcome Put(ref AppliedPosition position, in TransactionView put)
    {
        var held = rows.Find(put.Table, put.Key);
        if (!put.When.Accepts(held.Revision))
        {
            return new Outcome.Refused(position.Revision, held.Revision);
        }

        Begin(position);
        var after = held.Written(position.Revision + 1);
        rows.Write(after, put.ContentType, put.Value);
        _changes.Written(held, put.Table, put.Key, put.ContentType, put.Value);
        Commit(ref position);
        return new Outcome.Written(position.Revision, after.Version);
    }

    private Outcome Delete(ref AppliedPosition position, in TransactionView delete)
    {
        var held = rows.Find(delete.Table, delete.Key);
        if (!delete.When.Accepts(held.Revision))
        {
            return new Outcome.Refused(position.Revision, held.Revision);
        }

        if (!held.Exists)
        {
            return new Outcome.Absent(position.Revision);
        }

        Begin(position);
        rows.Remove(position.Revision + 1);
        _changes.Deleted(held, delete.Table, delete.Key);
        Commit(ref position);
        return new Outcome.Deleted(position.Revision, 1);
    }

    private Outcome.Deleted DeleteRange(ref AppliedPosition position, in TransactionView range)
    {
        Begin(position);
        var count = rows.RemoveRange(range.Table, range.Start, range.End, position.Revision + 1, _changes);
        if (count > 0)
        {
            Commit(ref position);
        }

        return new Outcome.Deleted(position.Revision, count);
    }

    private void Begin(in AppliedPosition position) => _changes.Begin(
        position.StateHash, position.Revision + 1, position.Term, position.Index, position.Time);

    private void Commit(ref AppliedPosition position)
    {
        position = position with { Revision = position.Revision + 1, StateHash = _changes.Complete() };
        rows.Log(position.Revision, _changes.Record);
    }
}
