namespace RaftCluster.Client;

/// <summary>What went wrong at which node, so that giving up can say why.</summary>
internal sealed class Failures
{
    private readonly Dictionary<Uri, Attempt> _last = [];
    private Uri? _lastEndpoint;

    internal void Note(Uri endpoint, Attempt attempt) => (_last[endpoint], _lastEndpoint) = (attempt, endpoint);

    /// <summary>The failure of a call that was tried until its patience ended. A write was certainly not applied.</summary>
    internal RaftClusterException AsException()
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
            Attempt.NotSent { Cause: var cause } => new ClusterUnavailableException(Summary(), _lastEndpoint, cause),
            Attempt.Lost { Cause: var cause } => new ClusterUnavailableException(Summary(), _lastEndpoint, cause),
            _ => throw new InvalidOperationException($"no such attempt: {last}"),
        };
    }

    private string Summary() => "No node could be reached: " + string.Join("; ", _last.Select(Line)) + ".";

    private static string Line(KeyValuePair<Uri, Attempt> at) => at.Value switch
    {
        Attempt.NotSent failed => $"{at.Key.Authority}: {failed.Reason}",
        Attempt.Lost failed => $"{at.Key.Authority}: {failed.Reason}",
        _ => at.Key.Authority,
    };
}
