using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>GET</c> of a table's rows: those of a range, streamed.</summary>
internal sealed class ReadRange(RangeQuery query) : RowsRead
{
    /// <summary>
    /// How much is written under one picture. A reader may take its time, and a picture that is held for that long
    /// would keep the storage from cleaning up: so it gets a new one for each slice, at the same revision.
    /// </summary>
    private const long SliceBytes = 256 << 10;

    /// <summary>How much is read under one picture, when filters let little of it out.</summary>
    private const long SliceBytesRead = 4 << 20;

    private RowForm _form = null!;
    private RowFilter? _filter;

    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = TablePath.Read(call, out var table);
        RangeQuery query = new();
        problem ??= RangeQuery.Read(in call.Query, table, call.Api.History, out query);
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
        if ((CheckHistory(picture) ?? Bind(call, picture)) is { } refused)
        {
            picture.Dispose();
            return call.RefuseAsync(refused);
        }

        var revision = In(picture);
        call.SetHeaders(StatusCodes.Status200OK, picture.Position.Revision);
        call.Response.Headers.XContentTypeOptions = "nosniff";
        if (query.CountOnly)
        {
            using (picture)
            {
                return call.EndJsonAsync($"{{\"revision\":{revision},\"count\":{Count(call, picture, revision)}}}");
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

    /// <summary>Finds the table, and what the filters mean in it.</summary>
    private Problem? Bind(Call call, IRowReader picture)
    {
        if (call.Api.Definitions.Find(picture, query.Table, In(picture)) is not { } table)
        {
            return TablePath.Absent(query.Table) with { Revision = picture.Position.Revision };
        }

        _form = new RowForm(table);
        if (query.Filters.IsEmpty)
        {
            return null;
        }

        var fault = RowFilter.Bind(query.Filters, table.Definition, out var filter);
        _filter = filter;
        return fault is null ? null : Problem.Malformed("where", $"where: {fault.Place} {fault.Detail}");
    }

    private bool IsMeant(Row row) => _filter is null || _filter.Accepts(_form.ValueOf(row));

    private long Count(Call call, IRowReader picture, long revision)
    {
        if (_filter is null)
        {
            return picture.Count(query.Table, query.Range, revision);
        }

        var count = 0L;
        foreach (var row in picture.Range(query.Table, query.Range, revision))
        {
            // It may take long, and its client may leave meanwhile.
            call.Aborted.ThrowIfCancellationRequested();
            count += IsMeant(row) ? 1 : 0;
        }

        return count;
    }

    /// <summary>
    /// The token of the next page, found before the page is written: lines have no place for it but a header, and a
    /// header goes out first.
    /// </summary>
    private string? EndOfPage(IRowReader picture, long revision, int limit)
    {
        var last = ReadOnlyMemory<byte>.Empty;
        foreach (var row in picture.Range(query.Table, query.Rest, revision, query.Descending).Where(IsMeant))
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
        using var rows = new RangeWriter(body, lines, query.KeysOnly, _form);
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
        var (left, last, read) = (slice.Left, slice.LastKey, 0L);
        foreach (var row in picture.Range(query.Table, slice.Range, revision, query.Descending))
        {
            read += row.Key.Length + row.Value.Length;
            var isMeant = IsMeant(row);
            if (isMeant && left == 0)
            {
                return slice with { LastKey = last.ToArray(), HasMore = true, IsEnd = true };
            }

            if (isMeant)
            {
                rows.Write(row);
                last = row.Key;
                left--;
            }

            if (rows.Written >= end || read >= SliceBytesRead)
            {
                return new Slice(query.Continue(row.Key.ToArray()), left, last.ToArray(), HasMore: false, IsEnd: false);
            }
        }

        return slice with { IsEnd = true };
    }

    /// <summary>How far the answer has come.</summary>
    private readonly record struct Slice(KeyRange Range, long Left, ReadOnlyMemory<byte> LastKey, bool HasMore, bool IsEnd);
}
