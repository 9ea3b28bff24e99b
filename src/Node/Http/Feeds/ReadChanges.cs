using RaftCluster.Node.Changes;

namespace RaftCluster.Node.Http.Feeds;

/// <summary><c>GET /v1/changes</c>: what each transaction did to which row, from this node's own history.</summary>
internal static class ReadChanges
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = FeedQuery.Read(in call.Query, call.Request.Headers, call.Api.History, out var query);
        problem ??= DeleteRange.Conditions(call.Terms) is { } header
            ? Problem.Malformed(header, $"{header} is about one row; a feed has no entity tag")
            : null;
        return problem is not null || query is null ? call.RefuseAsync(problem!) : AnswerAsync(call, query);
    }

    private static ValueTask AnswerAsync(Call call, FeedQuery query)
    {
        var (api, form) = (call.Api, FeedForms.Of(call.Request.Headers.Accept.ToString()));
        if (api.Consensus.Standing.IsRebuilding)
        {
            return call.RefuseAsync(new Problem(
                ProblemCode.NotCaughtUp, "this node is being rebuilt from the others: its history is not whole yet")
            { Retryable = true });
        }

        long revision;
        using (var picture = api.Store.Read())
        {
            revision = picture.Position.Revision;
            if (query.From is > 0 and var from && from < picture.OldestRevision)
            {
                return call.RefuseAsync(Compacted(from, picture.OldestRevision, query.FromField) with { Revision = revision });
            }
        }

        if (call.IsHead)
        {
            SetHeaders(call, form, revision);
            return default;
        }

        return api.Feeds.TryEnter()
            ? FollowAsync(call, query, form, revision)
            : call.RefuseAsync(new Problem(
                ProblemCode.Overloaded, $"{api.Feeds.Limits.Readers} readers follow the changes of this node already")
            { Retryable = true });
    }

    private static async ValueTask FollowAsync(Call call, FeedQuery query, FeedForm form, long revision)
    {
        var hub = call.Api.Feeds;
        try
        {
            using var feed = query.From == 0
                ? Feed.FromRows(hub, query.Filter)
                : Feed.From(hub, query.Filter, query.From ?? revision + 1);
            SetHeaders(call, form, revision);
            var writer = new FeedWriter(call.Response.BodyWriter, form, hub.Mark);
            if (form == FeedForm.Batch)
            {
                await new FeedBatch(call, feed, writer, query.FromField).RunAsync();
            }
            else
            {
                await new FeedStream(call, feed, writer).RunAsync();
            }
        }
        finally
        {
            hub.Leave();
        }
    }

    /// <summary>A revision that is asked for was dropped from the history.</summary>
    public static Problem Compacted(long next, long oldest, string? field = null) => new(
        ProblemCode.Compacted, $"revision {next} was compacted; the oldest that can be followed is {oldest}", field)
    {
        OldestRevision = oldest,
    };

    private static void SetHeaders(Call call, FeedForm form, long revision)
    {
        call.SetHeaders(StatusCodes.Status200OK, revision);
        var headers = call.Response.Headers;
        headers.ContentType = FeedForms.TypeOf(form);
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        // A proxy that gathers an answer before it passes it on would keep events back.
        headers["X-Accel-Buffering"] = "no";
    }
}
