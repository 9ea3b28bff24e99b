using System.Diagnostics;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Http;

/// <summary>A request that goes to the leader, told as a step of it: the leader's own span of the request is below this one.</summary>
internal static class ForwardSpan
{
    /// <summary>Sends it, and tells how that went.</summary>
    public static async ValueTask<Forwarded> TellAsync(
        Forwarder forwarder, Call call, Member leader, ReadOnlyMemory<byte> body, Patience patience)
    {
        using var span = NodeTrace.Begin(Spans.Forward, ActivityKind.Client);
        var forwarded = await forwarder.RelayAsync(call, leader, body, patience);
        if (span is not { IsAllDataRequested: true })
        {
            return forwarded;
        }

        _ = span
            .SetTag(SpanAttributes.Method, call.Method)
            .SetTag(SpanAttributes.ServerAddress, leader.Url.Host)
            .SetTag(SpanAttributes.ServerPort, leader.Url.Port)
            .SetTag(SpanAttributes.Leader, leader.Id)
            .SetTag(SpanAttributes.Result, Word(forwarded));
        if (forwarded == Forwarded.Answered)
        {
            _ = span.SetTag(SpanAttributes.Status, call.Response.StatusCode);
        }
        else
        {
            _ = span.SetTag(SpanAttributes.ErrorType, Word(forwarded)).SetStatus(ActivityStatusCode.Error);
        }

        return forwarded;
    }

    private static string Word(Forwarded forwarded) => forwarded switch
    {
        Forwarded.Answered => "answered",
        Forwarded.NothingDone => "nothing-done",
        _ => "unknown",
    };
}
