using System.Buffers;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>GET</c> and <c>HEAD</c> of one row: its value, as it came or as its table says.</summary>
internal sealed class ReadRow(string table, byte[] key) : RowsRead
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = TablePath.Read(call, out var table);
        byte[] key = [];
        long? revision = null;
        problem ??= Routes.ReadKey(call, out key);
        problem ??= ReadRevision(in call.Query, out revision);
        problem ??= call.Query.RefuseRest("rev");
        return problem is not null
            ? call.RefuseAsync(problem)
            : Reads.AnswerAsync(call, new ReadRow(table, key) { Revision = revision });
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
            if (call.Api.Definitions.Find(picture, table, In(picture)) is not { } found)
            {
                return call.RefuseAsync(TablePath.Absent(table) with { Revision = revision });
            }

            var row = picture.Get(table, key, In(picture));
            if (Conditional.Check(call.Terms, row?.Revision ?? 0, revision) is { } refused)
            {
                return call.RefuseAsync(refused);
            }

            if (row is null)
            {
                return call.RefuseAsync(new Problem(ProblemCode.Absent, "there is no row of this key") { Revision = revision });
            }

            Show(call, row, new RowForm(found), revision);
            return default;
        }
    }

    private static void Show(Call call, Row row, RowForm form, long revision)
    {
        var isUnchanged = Conditional.SetHeaders(call, row.Revision, row.Version, revision);
        if (isUnchanged)
        {
            return;
        }

        var value = form.ValueOf(row);
        var headers = call.Response.Headers;
        headers.ContentType = row.ContentType ?? "application/octet-stream";
        headers.ContentLength = value.Length;
        // The value is whatever somebody stored: a browser must neither guess its type nor run it as ours.
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox";
        if (!call.IsHead)
        {
            call.Response.BodyWriter.Write(value.Span);
        }
    }
}
