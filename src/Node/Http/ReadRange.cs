using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>GET /v1/kv</c>: the rows of a range, streamed.</summary>
internal sealed class ReadRange(RangeQuery query) : RowsRead
{
    /// <summary>
    /// How much is written under one picture. A reader may take its time, and a picture that is held for that long
    /// would keep the storage from cleaning up: so it gets a new one for each slice, at the same revision.
    /// </summary>
    private const long SliceBytes = 256 << 10;

    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = RangeQuery.Read(in call.Query, call.Api.History, out var query);
        problem ??= DeleteRange.Conditions(call.Terms) is { } header
            ? Problem.Malformed(header, $"{header} is about one row; a range has no entity tag")
            : null;
        return problem is not null
            ? call.RefuseAsync(problem)
            : Reads.AnswerAsync(call, new ReadRange(query)
            {
                Revision = query.After?.Revision ?? query.Revision,
                RevisionField = query.After is null ? "rev" : "after",
            });
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, IRowReader picture)
    {
        if (CheckHistory(picture) is { } compacted)
        {
            picture.Dispose();
            return call.RefuseAsync(compacted);
        }

        var revision = In(picture);
        call.SetHeaders(StatusCodes.Status200OK, picture.Position.Revision);
        call.Response.Headers.XContentTypeOptions = "nosniff";
        if (query.CountOnly)
        {
            using (picture)
            {
                return call.EndJsonAsync($"{{\"revision\":{revision},\"count\":{picture.Count(Keys.Table, query.Range, revision)}}}");
            }
        }

        var lines = call.Request.Headers.Accept.ToString().Contains("application/x-ndjson", StringComparison.OrdinalIgnoreCase);
        call.Response.ContentType = lines ? "application/x-ndjson" : "application/json";
        if (call.IsHead)
        {
            picture.Dispose();
            return default;
        }

        if (lines && query.Limit is { } limit && EndOfPage(picture, revision, limit) is { } next)
        {
            call.Response.Headers[HeaderNames.Next] = next;
        }

        return StreamAsync(call, picture, revision, lines);
    }

    /// <summary>
    /// The token of the next page, found before the page is written: lines have no place for it but a header, and a
    /// header goes out first.
    /// </summary>
    private string? EndOfPage(IRowReader picture, long revision, int limit)
    {
        var last = ReadOnlyMemory<byte>.Empty;
        foreach (var row in picture.Range(Keys.Table, query.Rest, revision, query.Descending))
        {
            if (limit-- == 0)
            {
                return new PageToken(revision, query.Hash, last).ToString();
            }

            last = row.Key;
        }

        return null;
    }

    private async ValueTask StreamAsync(Call call, IRowReader picture, long revision, bool lines)
    {
        var body = call.Response.BodyWriter;
        using var rows = new RangeWriter(body, lines, query.KeysOnly);
        rows.Begin(revision);
        var slice = new Slice(query.Rest, query.Limit ?? long.MaxValue, LastKey: default, HasMore: false, IsEnd: false);
        while (true)
        {
            using (picture)
            {
                slice = WriteSlice(rows, picture, revision, slice);
            }

            if (slice.IsEnd)
            {
                break;
            }

            rows.Flush();
            if ((await body.FlushAsync(call.Aborted)).IsCompleted)
            {
                return;
            }

            picture = call.Api.Store.Read();
            if (revision < picture.OldestRevision)
            {
                // The rest is gone, and what is out can't be taken back.
                picture.Dispose();
                call.Abort();
                return;
            }
        }

        rows.End(slice.HasMore ? new PageToken(revision, query.Hash, slice.LastKey).ToString() : null);
    }

    private Slice WriteSlice(RangeWriter rows, IRowReader picture, long revision, Slice slice)
    {
        var end = rows.Written + SliceBytes;
        var (left, last) = (slice.Left, slice.LastKey);
        foreach (var row in picture.Range(Keys.Table, slice.Range, revision, query.Descending))
        {
            if (left == 0)
            {
                return slice with { LastKey = last.ToArray(), HasMore = true, IsEnd = true };
            }

            rows.Write(row);
            last = row.Key;
            left--;
            if (rows.Written >= end)
            {
                last = last.ToArray();
                return new Slice(query.Continue(last), left, last, HasMore: false, IsEnd: false);
            }
        }

        return slice with { IsEnd = true };
    }

    /// <summary>How far the answer has come.</summary>
    private readonly record struct Slice(KeyRange Range, long Left, ReadOnlyMemory<byte> LastKey, bool HasMore, bool IsEnd);
}
