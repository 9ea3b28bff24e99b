using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Tracing;

/// <summary>
/// Sends spans to a collector, from a queue of bounded length and a thread of its own: a collector that is slow or away costs
/// spans, never a request. The only type that the rest of the node knows of the export; the libraries are loaded with it.
/// </summary>
internal sealed class TraceExport : IDisposable
{
    private const string Service = "raftcluster-node";

    /// <summary>What the server tells of each request.</summary>
    private const string ServerSource = "Microsoft.AspNetCore";

    /// <summary>How long a node that stops waits for the last spans to be taken.</summary>
    private static readonly TimeSpan _stopPatience = TimeSpan.FromSeconds(2);

    private readonly TracerProvider _provider;
    private readonly ExportWatch _watch;

    private TraceExport(TracerProvider provider, ExportWatch watch) => (_provider, _watch) = (provider, watch);

    /// <summary>Starts it.</summary>
    /// <param name="options">The node's options, with <see cref="NodeOptions.Otlp"/>.</param>
    /// <param name="log">Where failures are told.</param>
    /// <param name="time">The clock.</param>
    public static TraceExport Start(NodeOptions options, ILogger log, TimeProvider time)
    {
        var otlp = options.Otlp!;
        var exporter = new OtlpExporterOptions();
        if (otlp.Protocol is { } protocol)
        {
            exporter.Protocol = protocol == OtlpProtocol.Http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        }

        if (otlp.Endpoint is { } endpoint)
        {
            exporter.Endpoint = exporter.Protocol == OtlpExportProtocol.HttpProtobuf ? OfTraces(endpoint) : endpoint;
        }

        var queue = new BatchExportActivityProcessorOptions();
        var watch = new ExportWatch(exporter.Endpoint, queue.MaxQueueSize, log, time);
        var builder = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceOf(options))
            .AddSource(ServerSource, NodeTrace.SourceName)
            .AddProcessor(new WatchedQueue(new WatchedExporter(exporter, watch), queue, watch));
        if (otlp.Ratio is { } ratio)
        {
            builder.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(ratio)));
        }

        return new TraceExport(builder.Build(), watch);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _provider.Shutdown((int)_stopPatience.TotalMilliseconds);
        _provider.Dispose();
        _watch.Dispose();
    }

    /// <summary>Last what OpenTelemetry's own variables say: they win.</summary>
    private static ResourceBuilder ResourceOf(NodeOptions options) => ResourceBuilder.CreateEmpty()
        .AddTelemetrySdk()
        .AddService(Service, options.Cluster, Product.Version, autoGenerateServiceInstanceId: false, options.Node)
        .AddAttributes([new("raftcluster.cluster.id", options.ClusterId.ToString("x16", System.Globalization.CultureInfo.InvariantCulture))])
        .AddEnvironmentVariableDetector();

    private static Uri OfTraces(Uri endpoint)
    {
        const string path = "v1/traces";
        return endpoint.AbsolutePath.EndsWith("/" + path, StringComparison.Ordinal)
            ? endpoint
            : new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);
    }
}
