using System.Text;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Makes a table, or defines it anew.</summary>
internal sealed class TablePut(string table, TableDefinition wanted) : Write
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(table);

    /// <inheritdoc/>
    public override Plan Prepare(Call call)
    {
        using var rows = call.Api.Store.Read();
        var found = call.Api.Definitions.Find(rows, table, rows.Position.Revision);
        var when = call.Terms.When;
        var after = wanted;
        // A precondition that fails is told before a conflict that may follow from it.
        if (found is not null
            && when.Accepts(found.Revision)
            && DefinitionChange.Decide(found.Definition, wanted, out after) is { } fault)
        {
            return Plan.Refuse(new Problem(ProblemCode.TableConflict, $"{fault.Place} {fault.Detail}", fault.Place));
        }

        return Plan.Propose(EntryCodec.EncodeTransaction(new Transaction(
            [new TableRequirement(table, found?.Revision ?? 0)],
            Condition.From(SystemTables.Tables, _key, when) is { } condition ? [condition] : [],
            [new Operation.Put(SystemTables.Tables, _key, DefinitionWriter.Stored(after), SystemTables.ContentType)],
            [new Operation.Range(SystemTables.Tables, _key, (byte[])[.. _key, 0], Limit: 1, KeysOnly: true)])));
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome) => outcome switch
    {
        Outcome.Transacted { Succeeded: true, Results: [OperationResult.Written written] } done =>
            RowAnswers.WrittenAsync(call, done.Revision, written.Version),
        Outcome.Transacted { Succeeded: false } refused => call.RefuseAsync(TableRefusal.Of(call, refused)),
        _ => throw new InvariantException($"no answer for {outcome}"),
    };
}

/// <summary>Removes a table and all of its rows, in one revision.</summary>
internal sealed class TableDrop(string table, Precondition when) : PlainWrite(Encode(table, when))
{
    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome) => outcome switch
    {
        Outcome.Transacted { Succeeded: true, Results: [OperationResult.Deleted { Existed: true }, OperationResult.RangeDeleted rows] } done =>
            ShowAsync(call, done.Revision, rows.Count),
        Outcome.Transacted { Succeeded: true } absent =>
            call.RefuseAsync(TablePath.Absent(table) with { Revision = absent.Revision }),
        Outcome.Transacted { Succeeded: false } refused => call.RefuseAsync(TableRefusal.Of(call, refused)),
        _ => throw new InvariantException($"no answer for {outcome}"),
    };

    private static ValueTask ShowAsync(Call call, long revision, long rows)
    {
        call.SetHeaders(StatusCodes.Status200OK, revision);
        return call.EndJsonAsync($"{{\"revision\":{revision},\"deleted\":true,\"rows\":{rows}}}");
    }

    private static byte[] Encode(string table, Precondition when)
    {
        var key = Encoding.UTF8.GetBytes(table);
        return EntryCodec.EncodeTransaction(new Transaction(
            [],
            Condition.From(SystemTables.Tables, key, when) is { } condition ? [condition] : [],
            [new Operation.Delete(SystemTables.Tables, key), new Operation.DeleteRange(table, default, default)],
            [new Operation.Range(SystemTables.Tables, key, (byte[])[.. key, 0], Limit: 1, KeysOnly: true)]));
    }
}

/// <summary>What a write of a definition is refused with when its precondition does not hold.</summary>
internal static class TableRefusal
{
    public static Problem Of(Call call, Outcome.Transacted refused)
    {
        var standing = refused.Results is [OperationResult.Ranged { Rows: [var row] }] ? row.Revision : 0;
        return Refusals.Precondition(call.Terms, refused.Revision, standing) with
        {
            Detail = standing > 0 ? $"the table is at revision {standing}; nothing changed" : "there is no such table; nothing changed",
        };
    }
}
