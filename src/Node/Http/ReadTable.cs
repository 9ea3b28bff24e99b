using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>GET /v1/tables/{table}</c> and <c>HEAD</c>: what its rows are.</summary>
internal sealed class ReadTable(string table) : RowsRead
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = TablePath.Read(call, out var table);
        long? revision = null;
        problem ??= ReadRevision(in call.Query, out revision) ?? call.Query.RefuseRest("rev");
        return problem is not null
            ? call.RefuseAsync(problem)
            : Reads.AnswerAsync(call, new ReadTable(table) { Revision = revision });
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, IRowReader picture)
    {
        using (picture)
        {
            if (CheckHistory(picture) is { } compacted)
            {
                return call.RefuseAsync(compacted);
            }

            var revision = picture.Position.Revision;
            var found = call.Api.Definitions.Find(picture, table, In(picture));
            if (Conditional.Check(call.Terms, found?.Revision ?? 0, revision) is { } refused)
            {
                return call.RefuseAsync(refused);
            }

            return found is null ? call.RefuseAsync(TablePath.Absent(table) with { Revision = revision }) : ShowAsync(call, found, revision);
        }
    }

    private static ValueTask ShowAsync(Call call, Table found, long revision)
    {
        if (found.IsBuiltIn)
        {
            call.SetHeaders(StatusCodes.Status200OK, revision);
        }
        else if (Conditional.SetHeaders(call, found.Revision, found.Version, revision))
        {
            return default;
        }

        call.Response.ContentType = "application/json";
        return call.EndAsync(TableWriter.One(found));
    }
}
