using System.IO.Pipelines;
using RaftCluster.Node.Changes;

namespace RaftCluster.Node.Http.Feeds;

/// <summary>A feed without an end: events as they come, and from time to time how far it has come.</summary>
internal sealed class FeedStream(Call call, Feed feed, FeedWriter writer)
{
    private const string Slow = "this reader does not keep up: go on where it ended";

    private readonly ChangeHub _hub = call.Api.Feeds;
    private volatile bool _progressIsDue;

    // Since it last had everything that there was, its connection was full once.
    private bool _hadToWait;

    /// <summary>Runs until the reader leaves, can't keep up, or the node stops.</summary>
    public async ValueTask RunAsync()
    {
        var every = _hub.Limits.ProgressInterval;
        await using var left = call.Aborted.UnsafeRegister(static state => ((Feed)state!).Wake(), feed);
        // Readers that came together are not told together.
        await using var clock = _hub.Time.CreateTimer(
            static state => ((FeedStream)state!).TellProgress(), this, every * Random.Shared.NextDouble(), every);
        writer.Begin();
        var sentRows = feed.Next == 0;
        var isBehind = true;
        while (!call.Aborted.IsCancellationRequested)
        {
            if (_hub.IsStopping)
            {
                _hub.ClosedStopping.Add();
                await EndAsync("stopping", "the node stops: go on at another");
                return;
            }

            var step = await feed.ReadAsync(writer, call.Aborted);
            if (step == FeedStep.Compacted)
            {
                await FailAsync();
                return;
            }

            if (step == FeedStep.LeftBehind && _hadToWait)
            {
                _hub.ClosedSlow.Add();
                await EndAsync("slow", Slow);
                return;
            }

            _hadToWait &= step != FeedStep.AtEnd;
            var rowsAreSent = sentRows && feed.Next > 0;
            var hasCaughtUp = isBehind && step == FeedStep.AtEnd;
            if ((_progressIsDue || rowsAreSent || hasCaughtUp) && !feed.IsInside && feed.Next > 0)
            {
                _progressIsDue = sentRows = false;
                isBehind &= step != FeedStep.AtEnd;
                WriteProgress();
            }

            if (writer.Unsent > 0 && !await SendAsync())
            {
                return;
            }

            if (step == FeedStep.AtEnd && !_progressIsDue)
            {
                await feed.WaitAsync();
            }
        }
    }

    private void TellProgress()
    {
        _progressIsDue = true;
        feed.Wake();
    }

    /// <summary>A reader that waits for the future has not come that far: it must not go on behind it.</summary>
    private void WriteProgress()
    {
        var (sent, applied) = (feed.Next - 1, _hub.Store.Applied.Revision);
        writer.Progress(Math.Min(sent, applied), resumable: sent <= applied);
    }

    private async ValueTask FailAsync()
    {
        _hub.ClosedCompacted.Add();
        if (feed.IsInside)
        {
            call.Abort();
            return;
        }

        writer.Error(call, ReadChanges.Compacted(feed.Needed, feed.OldestRevision), _hub.Store.Applied.Revision);
        await SendLastAsync();
    }

    private async ValueTask EndAsync(string reason, string detail)
    {
        if (feed.IsInside)
        {
            // The rest of the event would be missing: an end in its middle is the only honest sign.
            call.Abort();
            return;
        }

        writer.Closed(feed.Next, reason, detail);
        await SendLastAsync();
    }

    private async ValueTask SendLastAsync()
    {
        if (await InTimeAsync(writer.FlushAsync().AsTask()) is null)
        {
            call.Abort();
        }
    }

    /// <summary>Sends what was written, as long as the reader takes it.</summary>
    /// <returns>Whether to go on.</returns>
    private async ValueTask<bool> SendAsync()
    {
        var sending = writer.FlushAsync();
        if (sending.IsCompletedSuccessfully)
        {
            return !sending.Result.IsCompleted;
        }

        _hadToWait = true;
        var full = sending.AsTask();
        if (await InTimeAsync(full) is { } sent)
        {
            return !sent.IsCompleted;
        }

        _hub.ClosedSlow.Add();
        await EndSlowAsync(full);
        return false;
    }

    /// <summary>What is on its way stays so, and behind it goes where to go on: a reader that wakes up finds it there.</summary>
    private async ValueTask EndSlowAsync(Task<FlushResult> full)
    {
        if (!feed.IsInside)
        {
            writer.Closed(feed.Next, "slow", Slow);
            if (await InTimeAsync(full) is { IsCompleted: false } && await InTimeAsync(writer.FlushAsync().AsTask()) is not null)
            {
                return;
            }
        }

        call.Abort();
    }

    /// <returns>Null when the reader took nothing for too long.</returns>
    private async ValueTask<FlushResult?> InTimeAsync(Task<FlushResult> sending)
    {
        try
        {
            return await sending.WaitAsync(_hub.Limits.Stall, _hub.Time, call.Aborted);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
