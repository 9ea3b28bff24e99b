using System.Diagnostics;
using System.Globalization;
using Prometheus;
using RaftCluster.Node.Http;
using Route = RaftCluster.Node.Http.Route;

namespace RaftCluster.Node.Metrics;

/// <summary>Counts requests by route, method and status, and measures them. Each route and method has its place in an array.</summary>
internal sealed class HttpMeters(Sheet sheet) : ICollector
{
    private const int LeastStatus = 100;
    private const int Statuses = 500;

    /// <summary>As what a request counts whose client left before there was an answer.</summary>
    private const int ClientLeft = 499;

    /// <summary>A path that is none, or a method that its path does not know: whatever clients make up must not become a label.</summary>
    private const string Other = "other";

    private static readonly Exemplar.LabelKey _traceId = Exemplar.Key("trace_id");

    private static readonly int _routes = Routes.All.Count();

    private readonly Meter?[] _meters = new Meter?[(_routes + 1) * (Route.MostVerbs + 1)];
    private int _inFlight;

    /// <summary>A request has come.</summary>
    public void Begin() => Interlocked.Increment(ref _inFlight);

    /// <summary>A request was answered, or its client left.</summary>
    /// <param name="call">The request.</param>
    /// <param name="took">How long that took.</param>
    public void End(Call call, TimeSpan took)
    {
        Interlocked.Decrement(ref _inFlight);
        var (route, verb) = (call.Route, call.Verb);
        var at = ((route?.Number ?? _routes) * (Route.MostVerbs + 1)) + (verb < 0 ? Route.MostVerbs : verb);
        var meter = Volatile.Read(ref _meters[at]) ?? Make(at, route, verb);
        var status = !call.Response.HasStarted && call.Aborted.IsCancellationRequested ? ClientLeft : call.Response.StatusCode;
        meter.Counter(Math.Clamp(status - LeastStatus, 0, Statuses - 1)).Inc();
        if (meter.Duration is { } duration)
        {
            if (Trace(call) is { } trace)
            {
                duration.Observe(took.TotalSeconds, trace);
            }
            else
            {
                duration.Observe(took.TotalSeconds);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask CollectAsync(Sheet sheet, CancellationToken patience)
    {
        sheet.Set(Series.HttpInFlight, Volatile.Read(ref _inFlight));
        return default;
    }

    /// <summary>The trace that the request belongs to; null when it says of none.</summary>
    private static Exemplar? Trace(Call call)
    {
        var stated = call.Request.Headers.TraceParent;
        return stated.Count == 1 && ActivityContext.TryParse(stated[0], null, out var trace)
            ? Exemplar.From(_traceId.WithValue(trace.TraceId.ToHexString()))
            : null;
    }

    private Meter Make(int at, Route? route, int verb)
    {
        var meter = new Meter(sheet, route?.Path ?? Other, route is null || verb < 0 ? Other : route.Verbs[verb].Verb);
        return Interlocked.CompareExchange(ref _meters[at], meter, null) ?? meter;
    }

    private sealed class Meter(Sheet sheet, string route, string method)
    {
        private readonly ICounter?[] _codes = new ICounter?[Statuses];

        /// <summary>Null for what has no end of its own.</summary>
        public IHistogram? Duration { get; } = route == Routes.Changes.Path ? null : sheet.Histogram(Series.HttpDuration, route, method);

        public ICounter Counter(int status) => Volatile.Read(ref _codes[status]) ?? Make(status);

        private ICounter Make(int status) => _codes[status] = sheet.Counter(
            Series.HttpRequests, route, method, (status + LeastStatus).ToString(CultureInfo.InvariantCulture));
    }
}
