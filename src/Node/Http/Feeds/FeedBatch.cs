using RaftCluster.Node.Changes;

namespace RaftCluster.Node.Http.Feeds;

/// <summary>
/// One batch of a feed: the events that there are, or the first that come within the wait. All rows, if they were asked
/// for, are one batch.
/// </summary>
internal sealed class FeedBatch(Call call, Feed feed, FeedWriter writer, string fromField)
{
    /// <summary>With so much a batch is full; a single event may be longer.</summary>
    private const long Most = 1 << 20;

    private const long MostUnsent = 64 << 10;

    private readonly ChangeHub _hub = call.Api.Feeds;

    /// <summary>Answers with a batch, or with 204 when nothing came.</summary>
    public async ValueTask RunAsync()
    {
        using var patience = Patience.Start(call.Terms.Wait, call.Api.Time);
        await using var over = patience.Token.UnsafeRegister(static state => ((Feed)state!).Wake(), feed);
        await using var left = call.Aborted.UnsafeRegister(static state => ((Feed)state!).Wake(), feed);
        var withRows = feed.Next == 0;
        while (!call.Aborted.IsCancellationRequested)
        {
            var step = await feed.ReadAsync(writer, call.Aborted);
            if (step == FeedStep.Compacted && writer.Written == 0)
            {
                await call.RefuseAsync(ReadChanges.Compacted(feed.Needed, feed.OldestRevision, fromField));
                return;
            }

            if (step == FeedStep.Compacted && (feed.Next == 0 || feed.IsInside))
            {
                // Half of all rows, or of an event, is worth nothing, and what is written can't be taken back.
                call.Abort();
                return;
            }

            var isWhole = !feed.IsInside && feed.Next > 0;
            var isFull = withRows || step is FeedStep.AtEnd or FeedStep.Compacted || writer.Written >= Most;
            if (isWhole && isFull && (withRows || writer.Events > 0))
            {
                writer.EndBatch(feed.Next);
                return;
            }

            if (step == FeedStep.AtEnd)
            {
                if (patience.IsOver || _hub.IsStopping)
                {
                    EndEmpty();
                    return;
                }

                await feed.WaitAsync();
            }
            else if (writer.Unsent >= MostUnsent && !await SendAsync())
            {
                return;
            }
        }
    }

    /// <summary>Nothing came; the header says where to go on all the same.</summary>
    private void EndEmpty()
    {
        call.SetHeaders(StatusCodes.Status204NoContent, Math.Min(feed.Next - 1, _hub.Store.Applied.Revision));
        call.Response.ContentType = null;
        call.Response.Headers[HeaderNames.Next] = feed.Next.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private async ValueTask<bool> SendAsync()
    {
        try
        {
            return !(await writer.FlushAsync().AsTask().WaitAsync(_hub.Limits.Stall, _hub.Time, call.Aborted)).IsCompleted;
        }
        catch (TimeoutException)
        {
            call.Abort();
            return false;
        }
    }
}
