using RaftCluster.Node.Tables;

namespace RaftCluster.Node.Http;

/// <summary><c>PUT</c> and <c>DELETE /v1/tables/{table}</c>.</summary>
internal static class WriteTable
{
    /// <summary>The longest definition, in bytes: room for a thousand columns.</summary>
    private const int Longest = 1 << 20;

    /// <summary>Makes a table, or defines it anew.</summary>
    public static async ValueTask PutAsync(Call call)
    {
        var problem = Check(call, out var table);
        JsonRequest? request = null;
        if (problem is null)
        {
            (problem, request) = await JsonRequest.ReadAsync(call, Longest, JsonRequest.Types);
        }

        using (request)
        {
            var definition = TableDefinition.Free;
            if (problem is null && DefinitionReader.Read(table, request!.Json, out definition) is { } fault)
            {
                problem = JsonRequest.Refuse(fault);
            }

            await (problem is not null
                ? call.RefuseAsync(problem)
                : Writes.AnswerAsync(call, new TablePut(table, definition), request!.Body));
        }
    }

    /// <summary>Removes a table and all of its rows.</summary>
    public static ValueTask DeleteAsync(Call call) => Check(call, out var table) is { } problem
        ? call.RefuseAsync(problem)
        : Writes.AnswerAsync(call, new TableDrop(table, call.Terms.When), body: default);

    private static Problem? Check(Call call, out string table) =>
        TablePath.ReadForWriting(call, out table)
        ?? call.Query.RefuseRest()
        ?? (table == TableNames.KeyValue
            ? new Problem(ProblemCode.TableConflict, "kv is built in: it can be neither defined nor removed", "table")
            : null);
}
