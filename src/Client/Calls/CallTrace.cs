using System.Diagnostics;

namespace RaftCluster.Client;

/// <summary>
/// A call in a trace: an activity of the source <c>RaftCluster.Client</c>, with an event for each attempt. Its
/// <c>traceparent</c> goes along with every request.
/// </summary>
internal sealed class CallTrace : IDisposable
{
    internal const string SourceName = "RaftCluster.Client";

    private static readonly ActivitySource _source = new(SourceName);

    private readonly Activity? _activity;
    private int _attempts;

    private CallTrace(Activity? activity) => _activity = activity;

    internal static CallTrace Start(Call call)
    {
        var activity = _source.StartActivity(call.Name, ActivityKind.Client);
        if (activity is { IsAllDataRequested: true })
        {
            _ = activity.SetTag("http.request.method", call.Method.Method).SetTag("url.path", call.Target.Split('?')[0]);
        }

        return new CallTrace(activity);
    }

    /// <summary>Puts the trace's position on a request: this call's, or without a listener the caller's own.</summary>
    internal static void Propagate(HttpRequestMessage request) => DistributedContextPropagator.Current.Inject(
        Activity.Current, request, static (carrier, name, value) => _ = ((HttpRequestMessage)carrier!).Headers.TryAddWithoutValidation(name, value));

    /// <summary>An attempt ended.</summary>
    internal void Attempted(Uri endpoint, Attempt attempt)
    {
        _attempts++;
        if (_activity is not { IsAllDataRequested: true })
        {
            return;
        }

        var tags = new ActivityTagsCollection
        {
            ["server.address"] = endpoint.Host,
            ["server.port"] = endpoint.Port,
            ["raftcluster.attempt"] = _attempts,
            ["raftcluster.result"] = attempt switch
            {
                Attempt.Answered { Problem.Code: { } code } => code,
                Attempt.Answered => "answered",
                Attempt.NotSent => "not-sent",
                _ => "lost",
            },
        };
        if (attempt is Attempt.Answered answer)
        {
            tags["http.response.status_code"] = (int)answer.Status;
        }

        _ = _activity.AddEvent(new ActivityEvent("attempt", tags: tags));
    }

    /// <summary>The call has its answer.</summary>
    internal void Answered(Attempt.Answered answer)
    {
        if (_activity is { IsAllDataRequested: true })
        {
            _ = _activity
                .SetTag("http.response.status_code", (int)answer.Status)
                .SetTag("raftcluster.node", answer.Headers.Node)
                .SetTag("raftcluster.revision", answer.Headers.Revision)
                .SetTag("raftcluster.replayed", answer.Headers.Replayed);
        }
    }

    /// <summary>The call failed.</summary>
    internal void Failed(Exception failure)
    {
        if (_activity is { IsAllDataRequested: true })
        {
            var type = failure is RaftClusterException { Code: { } code } ? code : failure.GetType().Name;
            _ = _activity.SetTag("error.type", type).SetStatus(ActivityStatusCode.Error, failure.Message);
        }
    }

    public void Dispose()
    {
        _ = _activity?.SetTag("raftcluster.attempts", _attempts);
        _activity?.Dispose();
    }
}
