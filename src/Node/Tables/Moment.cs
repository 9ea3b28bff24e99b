using System.Globalization;

namespace RaftCluster.Node.Tables;

/// <summary>What the leader settles for the rows of one transaction: one time for all of them, and a UUID each time.</summary>
/// <param name="Time">The leader's clock.</param>
internal readonly record struct Moment(DateTimeOffset Time)
{
    /// <summary>The time as a row keeps it: RFC 3339, UTC, in microseconds.</summary>
    public string Now => Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A new UUID (version 7), which sorts by time.</summary>
    public string NewUuid() => Guid.CreateVersion7(Time).ToString();
}
