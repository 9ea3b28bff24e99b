using System.Buffers;
using System.Globalization;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>GET /v1/kv/{key}</c> and <c>HEAD</c>: one row's value, as it came.</summary>
internal sealed class ReadRow(byte[] key) : RowsRead
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = Routes.ReadKey(call, out var key);
        long? revision = null;
        problem ??= ReadRevision(in call.Query, out revision);
        problem ??= call.Query.RefuseRest("rev");
        return problem is not null
            ? call.RefuseAsync(problem)
            : Reads.AnswerAsync(call, new ReadRow(key) { Revision = revision });
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

            var position = picture.Position;
            var row = picture.Get(Keys.Table, key, In(picture));
            var (terms, held) = (call.Terms, row?.Revision ?? 0);
            if (terms.IfMatch is { } match && !match.IfMatch().Accepts(held))
            {
                return call.RefuseAsync(new Problem(
                    ProblemCode.PreconditionFailed, "If-Match does not hold", HeaderNames.IfMatch)
                {
                    RowRevision = held,
                    Revision = position.Revision,
                });
            }

            if (row is null)
            {
                return call.RefuseAsync(new Problem(ProblemCode.Absent, "there is no row of this key")
                {
                    Revision = position.Revision,
                });
            }

            var unchanged = terms.IfNoneMatch is { } none && !none.IfNoneMatch().Accepts(held);
            call.SetHeaders(unchanged ? StatusCodes.Status304NotModified : StatusCodes.Status200OK, position.Revision);
            Show(call, row, unchanged);
            return default;
        }
    }

    private static void Show(Call call, Row row, bool unchanged)
    {
        var headers = call.Response.Headers;
        headers.ETag = Call.ETag(row.Revision);
        headers[HeaderNames.Version] = row.Version.ToString(CultureInfo.InvariantCulture);
        if (unchanged)
        {
            return;
        }

        headers.ContentType = row.ContentType ?? "application/octet-stream";
        headers.ContentLength = row.Value.Length;
        // The value is whatever somebody stored: a browser must neither guess its type nor run it as ours.
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox";
        if (!call.IsHead)
        {
            call.Response.BodyWriter.Write(row.Value.Span);
        }
    }
}
