using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>What one node said, as far as it could be asked.</summary>
/// <param name="View">Its view of the cluster.</param>
/// <param name="Report">What it says of itself; null when it did not, or is older than that.</param>
/// <param name="ClockMs">By how many milliseconds its clock is ahead of this machine's.</param>
/// <param name="DoubtMs">How far off that may be: half of the time that asking took.</param>
internal sealed record Patient(NodeView View, NodeReport? Report, double ClockMs, double DoubtMs)
{
    internal string Name => View.Id ?? View.Url.Authority;

    /// <summary>Asks a node.</summary>
    internal static async Task<Patient> AskAsync(
        RaftClusterClient client, NodeView view, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        if (view.Status is null)
        {
            return new Patient(view, null, 0, 0);
        }

        Patient? best = null;
        // The quickest of some answers tells its clock best; the first may have had to connect.
        for (var tries = 0; tries < 3; tries++)
        {
            try
            {
                var before = time.GetUtcNow();
                var begun = time.GetTimestamp();
                var report = await client.GetNodeReportAsync(view.Url, patience, cancellation);
                var half = time.GetElapsedTime(begun) / 2;
                var doubt = half.TotalMilliseconds;
                if (best is null || doubt < best.DoubtMs)
                {
                    best = new Patient(view, report, (report.Now - (before + half)).TotalMilliseconds, doubt);
                }
            }
            catch (RaftClusterException)
            {
                // Its view came, and this did not: an older version, or it has just ended.
                break;
            }
        }

        return best ?? new Patient(view, null, 0, 0);
    }
}
