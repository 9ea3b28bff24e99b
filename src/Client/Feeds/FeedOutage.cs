namespace RaftCluster.Client;

/// <summary>The time in which no node serves a feed: pauses between attempts, and gives up when it lasts too long.</summary>
internal sealed class FeedOutage(Dispatcher dispatcher, TimeSpan? patience)
{
    private readonly RaftClusterOptions _options = dispatcher.Options;
    private Failures _failures = new();
    private long _begun = dispatcher.Time.GetTimestamp();
    private int _attempts;
    private int _pauses;

    /// <summary>A node serves it.</summary>
    internal void IsOver()
    {
        _begun = _options.Time.GetTimestamp();
        if (_attempts > 0)
        {
            (_failures, _attempts, _pauses) = (new Failures(), 0, 0);
        }
    }

    /// <summary>A node does not serve it: another is to be asked, after a pause when all have been.</summary>
    /// <exception cref="RaftClusterException">None will, or the patience is over.</exception>
    internal async Task GoesOnAsync(Uri endpoint, Attempt failed, CancellationToken cancellation)
    {
        if (failed is Attempt.Answered refused && RetryPolicy.Decide(CallKind.Read, refused) != Verdict.Retry)
        {
            throw new RaftClusterException(refused.Failure with { Outcome = Outcome.NotApplied }, endpoint);
        }

        _attempts++;
        _failures.Note(endpoint, failed, leavesOpen: false);
        dispatcher.Book.Avoid(endpoint);
        if (_attempts % dispatcher.Book.Endpoints.Length != 0)
        {
            return;
        }

        var pause = Backoff.Of(_pauses++, _options.FirstBackoff, _options.LongestBackoff, _options.Jitter.NextDouble());
        if (patience is { } longest && _options.Time.GetElapsedTime(_begun) + pause >= longest)
        {
            throw _failures.AsException();
        }

        await Task.Delay(pause, _options.Time, cancellation);
    }
}
