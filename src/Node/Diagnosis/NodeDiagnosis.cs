using RaftCluster.Node.Metrics;

namespace RaftCluster.Node.Diagnosis;

/// <summary>What a node measures of itself and keeps for who looks for a fault.</summary>
internal sealed class NodeDiagnosis(TimeProvider time)
{
    /// <summary>When the node started.</summary>
    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>How long the log's syncs took: what a write waits for on this disk.</summary>
    public LatencyWindow Syncs { get; } = new();

    /// <summary>What it tells a Prometheus server.</summary>
    public NodeMetrics Metrics { get; } = new();

    /// <summary>What clients asked of it.</summary>
    public RequestLoad Load { get; } = new();

    /// <summary>Its newest log lines.</summary>
    public LogRing Log { get; } = new(time);

    /// <summary>The log was synced.</summary>
    /// <param name="took">How long it took.</param>
    /// <param name="bytes">How many bytes it was.</param>
    public void Synced(TimeSpan took, long bytes)
    {
        Syncs.Add(took);
        Metrics.Synced(took, bytes);
    }

    /// <summary>Where the system takes its time from, as Linux names it; null elsewhere.</summary>
    public static string? ClockSource()
    {
        const string name = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        try
        {
            return File.Exists(name) ? File.ReadAllText(name).Trim() : null;
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
