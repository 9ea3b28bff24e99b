namespace RaftCluster.Client;

/// <summary>
/// What happens in the cluster, transaction by transaction, in order, each once. It goes from node to node as they come and
/// go, and neither repeats nor leaves out a transaction; only rows that a feed begins with are sent anew, and say so, when it
/// is cut off among them. It ends with the caller's token, or with an exception. For one reader at a time.
/// </summary>
/// <remarks>
/// Reading it throws <see cref="RaftClusterException"/> with the code <c>compacted</c> when what comes next was dropped from
/// the history, with <c>malformed</c> when a restored backup or a recovery began another history (forget the token and the
/// cursor, and begin with all rows), and <see cref="ClusterUnavailableException"/> when <see cref="FeedQuery.Patience"/> is over.
/// </remarks>
public sealed class ChangeFeed : IAsyncEnumerable<ChangeEvent>
{
    private readonly Dispatcher _dispatcher;
    private readonly HttpMessageInvoker _http;
    private readonly FeedQuery _query;
    private string? _history;

    internal ChangeFeed(Dispatcher dispatcher, HttpMessageInvoker http, FeedQuery query)
    {
        (_dispatcher, _http, _query) = (dispatcher, http, query);
        _history = dispatcher.SessionToken;
        Next = query.From is > 0 ? query.From : null;
    }

    /// <summary>
    /// The cursor: every transaction below it was handed out, or is of no interest to the query. Kept once what was handed out
    /// is done with, it is where a later feed's <see cref="FeedQuery.From"/> goes on. Null while there is none: before the
    /// first word of a node, and among the rows that a feed begins with.
    /// </summary>
    public long? Next { get; private set; }

    /// <summary>Follows it, from <see cref="Next"/> on.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerator<ChangeEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var outage = new FeedOutage(_dispatcher, _query.Patience);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var endpoint = _dispatcher.Book.Choose(prefersLeader: false);
            var (feed, failed) = await FeedConnection.OpenAsync(
                _http, _dispatcher.Options, endpoint, _query.Target(Next ?? _query.From), _history, cancellationToken);
            if (feed is not null)
            {
                using (feed)
                {
                    // From now on no other history is followed: what has the same revision there is not the same.
                    _history = feed.Session ?? _history;
                    var isFirst = true;
                    while (true)
                    {
                        (var line, failed) = await feed.NextAsync(cancellationToken);
                        if (line is null)
                        {
                            break;
                        }

                        outage.IsOver();
                        if (line is FeedLine.Event { Change: var change } && Take(change))
                        {
                            yield return change with { BeginsSnapshot = isFirst && change.IsSnapshot };
                            isFirst = false;
                        }
                        else if (Ends(line, endpoint))
                        {
                            failed = null;
                            break;
                        }
                    }
                }
            }

            if (failed is not null)
            {
                await outage.GoesOnAsync(endpoint, failed, cancellationToken);
            }
        }
    }

    /// <summary>Whether an event is to be handed out.</summary>
    private bool Take(ChangeEvent change)
    {
        if (change.IsSnapshot)
        {
            return Next is null;
        }

        if (change.Revision < Next)
        {
            return false;
        }

        Next = change.Revision + 1;
        return true;
    }

    /// <summary>Takes in what is no event.</summary>
    /// <returns>Whether the node's feed is over, and the next node is to be asked at once.</returns>
    private bool Ends(FeedLine line, Uri endpoint)
    {
        switch (line)
        {
            case FeedLine.Progress progress:
                Advance(progress.Revision + 1);
                return false;
            case FeedLine.Closed closed:
                Advance(closed.Next);
                if (closed.Reason != "slow")
                {
                    _dispatcher.Book.Avoid(endpoint);
                }

                return true;
            case FeedLine.Error error:
                throw new RaftClusterException(error.Problem, endpoint);
            default:
                return false;
        }
    }

    private void Advance(long next)
    {
        // A node that waits for the cursor says how far it is itself: that is no step back.
        if (next > 0 && (Next is null || next > Next))
        {
            Next = next;
        }
    }
}
