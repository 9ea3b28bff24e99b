using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Tracing;

/// <summary>A collector of traces: takes them by OpenTelemetry's protocol, over HTTP or gRPC, and keeps them.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private const string Grpc = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<CollectedSpan> _spans = new();

    private Collector(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public string Url => _app.Urls.Single();

    /// <summary>What it has.</summary>
    public IReadOnlyList<CollectedSpan> Spans => [.. _spans];

    /// <summary>Starts it.</summary>
    /// <param name="protocols">HTTP/1.1, or HTTP/2 for gRPC: without encryption it is the one or the other.</param>
    public static async Task<Collector> StartAsync(HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0, at => at.Protocols = protocols));
        var collector = new Collector(builder.Build());
        collector._app.Run(collector.TakeAsync);
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Waits until it has so many spans of a trace.</summary>
    public Task<CollectedSpan[]> HasAsync(string trace, int count) => Eventually.HasAsync(
        $"{count} spans of {trace}",
        TimeSpan.FromSeconds(30),
        () => Task.FromResult(_spans.Where(span => span.Trace == trace).ToArray() is var spans && spans.Length >= count ? spans : null),
        () => string.Join("; ", _spans.Where(span => span.Trace == trace).Select(span => $"{span.Node} {span.Name}")));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var isGrpc = http.Request.Path == Grpc;
        // A gRPC message stands behind a byte that says it is not compressed, and its length.
        Array.ForEach([.. CollectedSpan.Read(isGrpc ? body.ToArray()[5..] : body.ToArray())], _spans.Enqueue);
        if (isGrpc)
        {
            http.Response.ContentType = "application/grpc";
            await http.Response.Body.WriteAsync(new byte[5], http.RequestAborted);
            http.Response.AppendTrailer("grpc-status", "0");
            return;
        }

        Assert.Equal("/v1/traces", http.Request.Path);
        http.Response.ContentType = "application/x-protobuf";
    }
}
