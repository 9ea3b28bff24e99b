namespace RaftCluster.Node.Configuration;

/// <summary>How traces are sent by OpenTelemetry's protocol.</summary>
public enum OtlpProtocol : byte
{
    /// <summary>By gRPC.</summary>
    Grpc = 0,

    /// <summary>As protobuf in HTTP requests.</summary>
    Http = 1,
}

/// <summary>Where traces are sent, and which. What is null is as OpenTelemetry's own variables (<c>OTEL_*</c>) say, or its defaults.</summary>
/// <param name="Endpoint">The collector.</param>
/// <param name="Protocol">How it is spoken to.</param>
/// <param name="Ratio">Which part of the requests that belong to no trace yet begins one, from 0 to 1.</param>
public sealed record OtlpOptions(Uri? Endpoint, OtlpProtocol? Protocol, double? Ratio)
{
    /// <summary>The variable that names a collector to every program.</summary>
    internal const string Variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
}
