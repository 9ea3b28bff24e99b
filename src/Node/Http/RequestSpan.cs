using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Http;

/// <summary>What the server's own span of a request is told when the request has its answer.</summary>
internal static class RequestSpan
{
    /// <summary>Asked every few seconds by machines: what they ask is told only as part of a trace they began.</summary>
    private static readonly string[] _probes = ["/livez", "/readyz", "/metrics"];

    /// <summary>Tells it; call it when somebody listens.</summary>
    public static void End(Call call)
    {
        var http = call.Request.HttpContext;
        if (http.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span)
        {
            return;
        }

        var route = call.Route?.Path;
        if (!span.HasRemoteParent && _probes.Contains(route))
        {
            span.IsAllDataRequested = false;
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        // A verb that nobody knows must not become a name.
        var method = call.Route is { } known && call.Verb >= 0 ? known.Verbs[call.Verb].Verb : null;
        span.DisplayName = route is null ? method ?? "HTTP" : $"{method ?? "HTTP"} {route}";
        _ = span
            .SetTag(SpanAttributes.Method, method ?? "_OTHER")
            .SetTag(SpanAttributes.Route, route)
            .SetTag(SpanAttributes.UrlPath, call.Target.Path)
            .SetTag(SpanAttributes.UrlScheme, http.Request.Scheme)
            .SetTag(SpanAttributes.ServerAddress, http.Request.Host.Host)
            .SetTag(SpanAttributes.ServerPort, http.Request.Host.Port)
            .SetTag(SpanAttributes.ProtocolVersion, VersionOf(http.Request.Protocol))
            .SetTag(SpanAttributes.ClientAddress, http.Connection.RemoteIpAddress?.ToString())
            .SetTag(SpanAttributes.UserAgent, http.Request.Headers.UserAgent is { Count: > 0 } agent ? agent.ToString() : null)
            .SetTag(SpanAttributes.Status, http.Response.StatusCode)
            .SetTag(SpanAttributes.Node, call.Api.Options.Node);
        TellTerms(span, call);
        TellAnswer(span, call);
    }

    private static void TellTerms(Activity span, Call call)
    {
        if (!call.HasTerms)
        {
            return;
        }

        if (call.IsOfRows)
        {
            _ = call.IsWrite
                ? span.SetTag(SpanAttributes.Durability, Statuses.Text(call.Terms.Durability))
                : span.SetTag(SpanAttributes.Consistency, Statuses.Text(call.Terms.Consistency));
        }

        if (call.Terms.IsForwarded)
        {
            _ = span.SetTag(SpanAttributes.ForwardedBy, call.Request.Headers[HeaderNames.ForwardedBy].ToString());
        }
    }

    private static void TellAnswer(Activity span, Call call)
    {
        if (long.TryParse(call.Response.Headers[HeaderNames.Revision], NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            _ = span.SetTag(SpanAttributes.Revision, revision);
        }

        if (call.IsReplayed)
        {
            _ = span.SetTag(SpanAttributes.Replayed, true);
        }

        var problem = call.Refused is { } refused ? Statuses.Text(refused.Code).Code : null;
        if (problem is not null)
        {
            _ = span.SetTag(SpanAttributes.Problem, problem).SetTag(SpanAttributes.Outcome, Statuses.Text(call.Refused!.Outcome));
        }

        var status = call.Response.StatusCode;
        if (status >= StatusCodes.Status500InternalServerError)
        {
            _ = span
                .SetTag(SpanAttributes.ErrorType, problem ?? status.ToString(CultureInfo.InvariantCulture))
                .SetStatus(ActivityStatusCode.Error);
        }
    }

    private static string VersionOf(string protocol) => HttpProtocol.IsHttp2(protocol) ? "2" : HttpProtocol.IsHttp11(protocol) ? "1.1" : "1.0";
}
