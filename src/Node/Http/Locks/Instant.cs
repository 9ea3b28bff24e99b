using System.Globalization;

namespace RaftCluster.Node.Http.Locks;

/// <summary>A moment of the history, as answers write it.</summary>
internal static class Instant
{
    /// <summary>RFC 3339, UTC, in microseconds.</summary>
    /// <param name="micros">Microseconds since 1970 (UTC).</param>
    public static string Show(long micros) => DateTime.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)
        .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
