using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>A write of one row that its table's definition decides about.</summary>
/// <param name="table">The table's name.</param>
internal abstract class TableWrite(string table) : Write
{
    /// <summary>The table's name.</summary>
    protected string TableName => table;

    /// <inheritdoc/>
    public sealed override Plan Prepare(Call call)
    {
        using var rows = call.Api.Store.Read();
        return call.Api.Definitions.Find(rows, table, rows.Position.Revision) is { } found
            ? Prepare(call, found, new Moment(call.Api.Time.GetUtcNow()))
            : Plan.Refuse(TablePath.Absent(table));
    }

    /// <summary>Decides what to propose.</summary>
    /// <param name="call">The request.</param>
    /// <param name="found">The table, as it stands here.</param>
    /// <param name="moment">What defaults are settled to.</param>
    protected abstract Plan Prepare(Call call, Table found, Moment moment);

    /// <summary>
    /// A transaction that requires the table to be as it was found, and does one thing if conditions hold; otherwise it
    /// finds how the row stands, for the refusal.
    /// </summary>
    protected static Plan Propose(Table found, ReadOnlyMemory<byte> key, ReadOnlySpan<Condition?> conditions, Operation operation)
    {
        var when = new List<Condition>();
        foreach (var condition in conditions)
        {
            if (condition is not null)
            {
                when.Add(condition);
            }
        }

        return Plan.Propose(EntryCodec.EncodeTransaction(new Transaction(
            found.Requirement is { } requirement ? [requirement] : [],
            [.. when],
            [operation],
            when.Count == 0 ? [] : [new Operation.Range(found.Name, key, (byte[])[.. key.Span, 0], Limit: 1, KeysOnly: true)])));
    }

    /// <summary>The revision of the row that stood against the write; 0 when there was none.</summary>
    protected static long Standing(Outcome.Transacted refused) =>
        refused.Results is [OperationResult.Ranged { Rows: [var row] }] ? row.Revision : 0;

    /// <summary>Refuses a value that is too long as it would be kept.</summary>
    protected static Problem? CheckLength(Call call, byte[] value) => value.Length <= call.Api.Options.MaxValue
        ? null
        : new Problem(ProblemCode.TooLarge, $"the row has more than {call.Api.Options.MaxValue} bytes", "body");
}
