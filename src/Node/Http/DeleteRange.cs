using System.Text;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>DELETE</c> of a table's rows: removes every row whose key begins so, in one revision.</summary>
internal static class DeleteRange
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = TablePath.ReadForWriting(call, out var table);
        byte[]? prefix = null;
        var all = false;
        problem ??= Keys.Read(in call.Query, "prefix", out prefix);
        problem ??= call.Query.TakeSwitch("all", out all);
        problem ??= call.Query.RefuseRest("prefix", "all");
        problem ??= (prefix, all) switch
        {
            (null or [], false) => Problem.Malformed("prefix", "prefix is empty: to remove every row, say all=true"),
            ({ Length: > 0 }, true) => Problem.Malformed("all", "all and a prefix are both stated: which rows are meant?"),
            _ => null,
        };
        problem ??= Conditions(call.Terms) is { } header
            ? Problem.Malformed(header, $"{header} is about one row; a range has no entity tag")
            : null;
        if (problem is not null)
        {
            return call.RefuseAsync(problem);
        }

        var range = KeyRange.Prefix(prefix);
        return Writes.AnswerAsync(call, new RangeWrite(table, Transaction(table, range)), body: default);
    }

    /// <summary>A table that somebody defined must be there.</summary>
    private static byte[] Transaction(string table, KeyRange range) => table == TableNames.KeyValue
        ? EntryCodec.EncodeTransaction(new Command.DeleteRange(table, range.Start, range.End))
        : EntryCodec.EncodeTransaction(new Transaction(
            [],
            [Condition.OnNumber(
                SystemTables.Tables, Encoding.UTF8.GetBytes(table), ConditionSubject.Exists, Comparison.Equal, 1)],
            [new Operation.DeleteRange(table, range.Start, range.End)],
            []));

    /// <summary>The condition that a request for a range must not have; null for none.</summary>
    public static string? Conditions(RequestTerms terms) =>
        terms.IfMatch is not null ? HeaderNames.IfMatch
        : terms.IfNoneMatch is not null ? HeaderNames.IfNoneMatch
        : null;

    private sealed class RangeWrite(string table, ReadOnlyMemory<byte> transaction) : PlainWrite(transaction)
    {
        public override ValueTask ShowAsync(Call call, Outcome outcome) => outcome switch
        {
            Outcome.Deleted deleted => RowAnswers.DeletedAsync(call, deleted.Revision, deleted.Count),
            Outcome.Transacted { Succeeded: false } none =>
                call.RefuseAsync(TablePath.Absent(table) with { Revision = none.Revision }),
            Outcome.Transacted { Results: [OperationResult.RangeDeleted deleted] } transacted =>
                RowAnswers.DeletedAsync(call, transacted.Revision, deleted.Count),
            _ => throw new InvariantException($"no answer for {outcome}"),
        };
    }
}
