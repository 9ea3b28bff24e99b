using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Transactions;

/// <summary><c>POST /v1/txn</c>: operations that happen together or not at all, in one revision.</summary>
internal sealed class Transact(TransactionInput input) : Write
{
    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        var problem = call.Query.RefuseRest() ?? (DeleteRange.Conditions(call.Terms) is { } header
            ? Problem.Malformed(header, $"{header} is about one row; a transaction has conditions of its own")
            : null);
        JsonRequest? request = null;
        if (problem is null)
        {
            (problem, request) = await JsonRequest.ReadAsync(call, RequestBody.Longest, JsonRequest.Types);
        }

        using (request)
        {
            TransactionInput? input = null;
            if (problem is null && TransactionInput.Read(request!.Json, call.Api.Options.MaxValue, out input) is { } fault)
            {
                problem = JsonRequest.Refuse(fault);
            }

            await (problem is not null ? call.RefuseAsync(problem) : Writes.AnswerAsync(call, new Transact(input!), request!.Body));
        }
    }

    /// <inheritdoc/>
    public override Plan Prepare(Call call) => Prepare(call, input);

    /// <summary>Binds a transaction to its tables as they stand here, and to this moment.</summary>
    public static Plan Prepare(Call call, TransactionInput input)
    {
        var tables = new Dictionary<string, Table>(StringComparer.Ordinal);
        using var rows = call.Api.Store.Read();
        foreach (var (name, place) in input.Tables())
        {
            if (call.Api.Definitions.Find(rows, name, rows.Position.Revision) is not { } table)
            {
                return Plan.Refuse(TablePath.Absent(name, $"{place}.table"));
            }

            tables.Add(name, table);
        }

        if (input.Bind(tables, new Moment(call.Api.Time.GetUtcNow()), out var transaction) is { } fault)
        {
            return Plan.Refuse(JsonRequest.Refuse(fault));
        }

        return Plan.Propose(EntryCodec.EncodeTransaction(transaction));
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, Outcome outcome)
    {
        if (outcome is not Outcome.Transacted transacted)
        {
            throw new InvariantException($"no answer for {outcome}");
        }

        using var rows = call.Api.Store.Read();
        var body = ResultWriter.Show(
            transacted, transacted.Succeeded ? input.Then : input.Else, table => FormOf(call.Api.Definitions, rows, table, outcome.Revision));
        call.SetHeaders(StatusCodes.Status200OK, outcome.Revision);
        call.Response.ContentType = "application/json";
        return call.EndAsync(body);
    }

    /// <inheritdoc/>
    public override string? FieldOf(Outcome.Failed failed) => FieldOf(failed, input);

    /// <summary>Where the operation that failed stands in the request; null when none did.</summary>
    public static string? FieldOf(Outcome.Failed failed, TransactionInput input)
    {
        var branch = failed.InElse ? input.Else : input.Then;
        return failed.Operation >= 0 && failed.Operation < branch.Length ? branch[failed.Operation].Place : null;
    }

    /// <summary>
    /// The table as it was when the transaction was done, which is as it was required to be: so a replay shows rows as the
    /// first answer did. If that history was dropped, rows are shown as they were kept.
    /// </summary>
    private static RowForm FormOf(Definitions definitions, IRowReader rows, string table, long revision)
    {
        revision = Math.Min(revision, rows.Position.Revision);
        var found = revision >= rows.OldestRevision ? definitions.Find(rows, table, revision) : null;
        return new RowForm(found ?? Table.BuiltIn(table));
    }
}
