using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace RaftCluster.Node.Tracing;

/// <summary>The exporter, with an eye on what becomes of what it is given.</summary>
internal sealed class WatchedExporter(OtlpExporterOptions options, ExportWatch watch) : OtlpTraceExporter(options)
{
    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Activity> activityBatch)
    {
        var count = activityBatch.Count;
        var result = base.Export(activityBatch);
        watch.Exported(count, result == ExportResult.Success);
        return result;
    }
}

/// <summary>The queue before it, with an eye on what goes in.</summary>
internal sealed class WatchedQueue(
    WatchedExporter exporter, BatchExportProcessorOptions<Activity> options, ExportWatch watch)
    : BatchActivityExportProcessor(
        exporter, options.MaxQueueSize, options.ScheduledDelayMilliseconds, options.ExporterTimeoutMilliseconds, options.MaxExportBatchSize)
{
    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.Recorded)
        {
            watch.Queued();
        }

        base.OnEnd(data);
    }
}
