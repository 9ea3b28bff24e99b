namespace RaftCluster.Node.Metrics;

/// <summary>What the runtime says of itself, beside what the Prometheus library tells.</summary>
internal sealed class RuntimeCollector : ICollector
{
    private static readonly string[] _generations = ["0", "1", "2", "large", "pinned"];

    /// <inheritdoc/>
    public ValueTask CollectAsync(Sheet sheet, CancellationToken patience)
    {
        sheet.Count(Series.GcPause, GC.GetTotalPauseDuration().TotalSeconds);
        sheet.Count(Series.Allocated, GC.GetTotalAllocatedBytes());
        var generations = GC.GetGCMemoryInfo(GCKind.Any).GenerationInfo;
        for (var at = 0; at < Math.Min(generations.Length, _generations.Length); at++)
        {
            sheet.Set(Series.HeapSize, generations[at].SizeAfterBytes, _generations[at]);
        }

        sheet.Set(Series.PoolThreads, ThreadPool.ThreadCount);
        sheet.Set(Series.PoolQueue, ThreadPool.PendingWorkItemCount);
        sheet.Count(Series.LockContentions, Monitor.LockContentionCount);
        return default;
    }
}
