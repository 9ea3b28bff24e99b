using System.Collections.Immutable;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>
/// The operations of one transaction that go through rows, within what one transaction may answer with and go through: the
/// thread that applies must not be held up at length.
/// </summary>
internal sealed class RowReads(Overlay rows)
{
    // What a row costs besides its key, content type and value.
    private const int RowBytes = 64;

    private long _bytesLeft = Transaction.MaximumResultBytes;
    private long _rowsLeft = Transaction.MaximumRowsWalked;

    public OperationResult? Get(Operation.Get get, out OperationFailure? failure)
    {
        var row = rows.Find(get.Table, get.Key.Span);
        Spend(row);
        failure = Overspent();
        return failure is null ? new OperationResult.Got(row) : null;
    }

    public OperationResult? Range(Operation.Range range, out OperationFailure? failure)
    {
        var found = ImmutableArray.CreateBuilder<Row>();
        var (count, more) = (0L, false);
        var keys = new KeyRange(range.Start, range.End);
        foreach (var row in rows.Walk(range.Table, keys, range.Descending, withValues: !range.KeysOnly && !range.CountOnly))
        {
            more = !range.CountOnly && count == range.Limit;
            if (more || !Walk(range.CountOnly ? null : row))
            {
                break;
            }

            count++;
            if (!range.CountOnly)
            {
                found.Add(row);
            }
        }

        failure = Overspent();
        return failure is null ? new OperationResult.Ranged(found.ToImmutable(), count, more) : null;
    }

    public OperationResult? RemoveRange(Operation.DeleteRange range, out OperationFailure? failure)
    {
        var keys = new List<ReadOnlyMemory<byte>>();
        foreach (var row in rows.Walk(range.Table, new KeyRange(range.Start, range.End), withValues: false))
        {
            if (!Walk(null))
            {
                break;
            }

            keys.Add(row.Key);
        }

        failure = Overspent();
        if (failure is not null)
        {
            return null;
        }

        foreach (var key in keys)
        {
            rows.Delete(range.Table, key.Span);
        }

        return new OperationResult.RangeDeleted(keys.Count);
    }

    private bool Walk(Row? answered)
    {
        _rowsLeft--;
        Spend(answered);
        return _rowsLeft >= 0 && _bytesLeft >= 0;
    }

    private void Spend(Row? row) =>
        _bytesLeft -= row is null ? 0 : RowBytes + row.Key.Length + (row.ContentType?.Length ?? 0) + row.Value.Length;

    private OperationFailure.Impossible? Overspent() => (_bytesLeft, _rowsLeft) switch
    {
        ( < 0, _) => new(FailureKind.ResultTooLarge, "the transaction's reads would answer with more than 4 MiB"),
        (_, < 0) => new(FailureKind.ResultTooLarge, "the transaction's ranges hold more than 1,000,000 rows"),
        _ => null,
    };
}
