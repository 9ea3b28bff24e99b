using RaftCluster.Node.Metrics;

namespace RaftCluster.Node.Http;

/// <summary><c>GET /metrics</c>: what a Prometheus server asks for, whatever the state of the cluster is.</summary>
internal static class MetricsPage
{
    private const string OpenMetrics = "application/openmetrics-text";

    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        if (call.Query.RefuseRest() is { } problem)
        {
            await call.RefuseAsync(problem);
            return;
        }

        var open = call.Request.Headers.Accept.ToString().Contains(OpenMetrics, StringComparison.OrdinalIgnoreCase);
        // Whole before any of it goes out, so that a failure is a failure and not half a page.
        using var page = new MemoryStream(64 << 10);
        await call.Api.Diagnosis.Metrics.WriteAsync(page, open, call.Aborted);
        call.SetHeaders(StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
        call.Response.ContentType = NodeMetrics.ContentType(open);
        call.Response.Headers.CacheControl = "no-store";
        await call.EndAsync(page.GetBuffer().AsSpan(0, (int)page.Length));
    }
}
