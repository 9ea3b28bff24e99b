using System.Diagnostics;

namespace RaftCluster.Node.Tracing;

/// <summary>
/// The node's spans. While nobody listens, nothing is made: a step costs one look at the source. A step is told of only as
/// part of something that is traced already, so that what a node does by itself begins no traces.
/// </summary>
internal static class NodeTrace
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "RaftCluster.Node";

    private const string TraceParent = "traceparent";

    private static readonly ActivitySource _source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => _source.HasListeners();

    /// <summary>Begins a step of what is under way; null when nobody listens or nothing is.</summary>
    /// <param name="name">One of <see cref="Spans"/>.</param>
    /// <param name="kind">Whether it asks somebody else.</param>
    public static Activity? Begin(string name, ActivityKind kind = ActivityKind.Internal) =>
        _source.HasListeners() && Activity.Current is not null ? _source.StartActivity(name, kind) : null;

    /// <summary>Tells of a step that is over.</summary>
    /// <param name="name">One of <see cref="Spans"/>.</param>
    /// <param name="parent">What it was a step of.</param>
    /// <param name="begun">When it began: a <see cref="TimeProvider.GetTimestamp"/> of <paramref name="time"/>.</param>
    /// <param name="ended">When it ended, likewise.</param>
    /// <param name="time">The clock.</param>
    public static void Tell(string name, Activity parent, long begun, long ended, TimeProvider time)
    {
        var (now, stamp) = (time.GetUtcNow().UtcDateTime, time.GetTimestamp());
        using var step = _source.StartActivity(
            name, ActivityKind.Internal, parent.Context, startTime: now - time.GetElapsedTime(begun, stamp));
        _ = step?.SetEndTime(now - time.GetElapsedTime(ended, stamp));
    }

    /// <summary>
    /// Has a request to another node belong to the same trace: below the step that sends it or, when this node tells nobody of
    /// its steps, as if this node were not in between.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="received">The headers of the request that it is sent for; null for none.</param>
    public static void Propagate(HttpRequestMessage request, IHeaderDictionary? received)
    {
        if (!IsOn && received is not null && received.TraceParent.Count == 1)
        {
            _ = request.Headers.TryAddWithoutValidation(TraceParent, received.TraceParent.ToString());
            if (received.TraceState.Count > 0)
            {
                _ = request.Headers.TryAddWithoutValidation("tracestate", received.TraceState.ToString());
            }

            return;
        }

        DistributedContextPropagator.Current.Inject(
            Activity.Current,
            request,
            static (carrier, name, value) => _ = ((HttpRequestMessage)carrier!).Headers.TryAddWithoutValidation(name, value));
    }

    /// <summary>The trace that the code which asks works for; null for none, or one that has its answer already.</summary>
    public static Activity? Current => Activity.Current is { IsStopped: false, IdFormat: ActivityIdFormat.W3C } current ? current : null;
}
