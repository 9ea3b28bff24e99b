using RaftCluster.StateMachine.Transactions;

namespace RaftCluster.StateMachine;

/// <summary>Tells transactions that make rows from those that make room, or only read.</summary>
public static class Growth
{
    /// <summary>Whether a transaction may make or rewrite rows: in either branch it puts, patches, adds, or makes a lease or a lock.</summary>
    /// <param name="transaction">What <see cref="EntryCodec"/> encoded, without a frame.</param>
    /// <exception cref="InvariantException">It is framed, or not a transaction.</exception>
    public static bool IsIn(ReadOnlySpan<byte> transaction)
    {
        var reader = new SpanReader(transaction[EntryCodec.LengthPrefix..], "transaction");
        switch ((CommandKind)reader.U8("command kind"))
        {
            case CommandKind.Put:
                return true;
            case CommandKind.Delete or CommandKind.DeleteRange:
                return false;
            case CommandKind.Transaction:
                var read = TransactionCodec.Read(ref reader);
                return read.Then.Any(Grows) || read.Else.Any(Grows);
            default:
                throw new InvariantException("whether a transaction grows is asked before it is framed");
        }
    }

    /// <summary>
    /// About how many bytes of rows a transaction removes: they stay on the disk as history until that is dropped, so that
    /// removing them takes as much room again at first.
    /// </summary>
    /// <param name="transaction">What <see cref="EntryCodec"/> encoded, without a frame.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="most">Where to stop counting.</param>
    /// <returns>The sum; what is above <paramref name="most"/> may be short of it.</returns>
    public static long Removes(ReadOnlySpan<byte> transaction, IRowReader rows, long most)
    {
        var reader = new SpanReader(transaction[EntryCodec.LengthPrefix..], "transaction");
        if ((CommandKind)reader.U8("command kind") == CommandKind.Transaction)
        {
            var read = TransactionCodec.Read(ref reader);
            var sum = 0L;
            foreach (var operation in read.Then.Concat(read.Else))
            {
                sum += operation switch
                {
                    Operation.Delete delete => LengthOf(rows, delete.Table, delete.Key),
                    Operation.DeleteRange range => LengthOf(rows, range.Table, new KeyRange(range.Start, range.End), most - sum),
                    _ => 0,
                };
            }

            return sum;
        }

        var entries = EntryCodec.ReadTransactions(EntryCodec.ComposeEntry(default, 0, transaction.ToArray()));
        entries.Next(out var view);
        return view.ToCommand() switch
        {
            Command.Delete delete => LengthOf(rows, delete.Table, delete.Key),
            Command.DeleteRange range => LengthOf(rows, range.Table, new KeyRange(range.Start, range.End), most),
            _ => 0,
        };
    }

    private static long LengthOf(IRowReader rows, string table, ReadOnlyMemory<byte> key) =>
        rows.Get(table, key.Span, rows.Position.Revision) is { } row ? LengthOf(row) : 0;

    private static long LengthOf(IRowReader rows, string table, KeyRange range, long most)
    {
        var sum = 0L;
        foreach (var row in rows.Range(table, range, rows.Position.Revision))
        {
            sum += LengthOf(row);
            if (sum > most)
            {
                break;
            }
        }

        return sum;
    }

    private static long LengthOf(Row row) => row.Key.Length + row.Value.Length;

    private static bool Grows(Operation operation) => operation switch
    {
        Operation.Put or Operation.Patch or Operation.Add or Operation.GrantLease or Operation.AcquireLock => true,
        Operation.Delete or Operation.DeleteRange or Operation.Get or Operation.Range or Operation.EndLeases
            or Operation.ReleaseLock or Operation.LeaveQueue or Operation.Compact => false,
        _ => throw new InvariantException($"nobody said whether {operation.GetType().Name} grows"),
    };
}
