namespace RaftCluster.Client;

/// <summary>What went wrong at which node, so that giving up can say why.</summary>
internal sealed class Failures
{
    private readonly Dictionary<Uri, Attempt> _last = [];
    private Uri? _lastEndpoint;

    /// <summary>Whether some attempt left open that the write happens.</summary>
    internal bool LeftOpen { get; private set; }

    internal void Note(Uri endpoint, Attempt attempt, bool leavesOpen)
    {
        (_last[endpoint], _lastEndpoint) = (attempt, endpoint);
        LeftOpen |= leavesOpen;
    }

    /// <summary>The failure of a call that was tried until its patience ended. Unless left open, a write was certainly not applied.</summary>
    internal RaftClusterException AsException() => LeftOpen ? Unknown() : Unavailable();

    private OutcomeUnknownException Unknown()
    {
        // The newest word about the outcome itself, where a node said one.
        var last = _last[_lastEndpoint!];
        return last is Attempt.Answered { Problem.Outcome: Outcome.Unknown } answer
            ? new OutcomeUnknownException(answer.Failure, _lastEndpoint)
            : new OutcomeUnknownException($"Whether the write was applied is unknown. {Summary()}", _lastEndpoint, Cause(last));
    }

    private static Exception? Cause(Attempt attempt) => attempt switch
    {
        Attempt.NotSent { Cause: var cause } => cause,
        Attempt.Lost { Cause: var cause } => cause,
        _ => null,
    };

    private RaftClusterException Unavailable()
    {
        // What a node said is worth more than the silence of others.
        var last = _last[_lastEndpoint!];
        if (last is not Attempt.Answered)
        {
            foreach (var (endpoint, attempt) in _last)
            {
                if (attempt is Attempt.Answered)
                {
                    (last, _lastEndpoint) = (attempt, endpoint);
                }
            }
        }

        return last switch
        {
            Attempt.Answered answer when RetryPolicy.IsUnavailable(answer.Status) =>
                new ClusterUnavailableException(answer.Failure, _lastEndpoint),
            Attempt.Answered answer => new RaftClusterException(answer.Failure, _lastEndpoint),
            _ => new ClusterUnavailableException(Summary(), _lastEndpoint, Cause(last)),
        };
    }

    private string Summary() => (_last.Values.Any(attempt => attempt is Attempt.Answered) ? "No node answered it: " : "No node could be reached: ")
        + string.Join("; ", _last.Select(Line)) + ".";

    private static string Line(KeyValuePair<Uri, Attempt> at) => at.Value switch
    {
        Attempt.NotSent failed => $"{at.Key.Authority}: {failed.Reason}",
        Attempt.Lost failed => $"{at.Key.Authority}: {failed.Reason}",
        Attempt.Answered answer => $"{at.Key.Authority}: {answer.Failure}",
        _ => at.Key.Authority,
    };
}
