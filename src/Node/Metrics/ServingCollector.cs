using RaftCluster.Node.Backups;
using RaftCluster.Node.Changes;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Http;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Metrics;

/// <summary>Whether the node serves, how fresh it is, who follows its changes, and how its backups are.</summary>
internal sealed class ServingCollector(
    NodeOptions options, Health health, Freshness freshness, ChangeHub feeds, BackupSource backups) : ICollector
{
    /// <inheritdoc/>
    public ValueTask CollectAsync(Sheet sheet, CancellationToken patience)
    {
        foreach (var check in health.Checks())
        {
            sheet.Set(Series.HealthCheck, check.Wrong is null, check.Name);
        }

        sheet.Set(Series.Staleness, freshness.Staleness?.TotalSeconds);
        TellFeeds(sheet);
        if (backups.Report is { } report)
        {
            TellBackups(sheet, report);
        }

        return default;
    }

    private void TellFeeds(Sheet sheet)
    {
        var applied = feeds.Store.Applied.Revision;
        var (states, furthest) = (new int[3], applied + 1);
        foreach (var feed in feeds.Feeds)
        {
            states[(int)feed.Where]++;
            furthest = Math.Min(furthest, feed.FirstUnseen(applied));
        }

        sheet.Set(Series.FeedReaders, states[(int)FeedPlace.InRows], "rows");
        sheet.Set(Series.FeedReaders, states[(int)FeedPlace.Behind], "behind");
        sheet.Set(Series.FeedReaders, states[(int)FeedPlace.AtEnd], "end");
        sheet.Set(Series.FeedReadersLimit, feeds.Limits.Readers);
        sheet.Set(Series.FeedLagRevisions, applied + 1 - furthest);
        sheet.Set(Series.FeedLagSeconds, furthest > applied ? 0 : AgeOf(furthest));
        sheet.Count(Series.FeedClosed, feeds.ClosedSlow.Count, "slow");
        sheet.Count(Series.FeedClosed, feeds.ClosedCompacted.Count, "compacted");
        sheet.Count(Series.FeedClosed, feeds.ClosedStopping.Count, "stopping");
    }

    private double AgeOf(long revision)
    {
        using var rows = feeds.Store.Read();
        using var walk = rows.Changes(new ChangePlace(Math.Max(revision, rows.OldestRevision)));
        return walk.NextTransaction()
            ? Math.Max(0, (feeds.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - (walk.Time / 1e6))
            : 0;
    }

    private void TellBackups(Sheet sheet, BackupReport report)
    {
        sheet.Set(Series.BackupInterval, options.BackupEvery.TotalSeconds);
        sheet.Set(Series.BackupFailing, report.Error is not null);
        sheet.Set(Series.BackupTime, report.Newest?.Header.CreatedAt.ToUnixTimeMilliseconds() / 1e3);
        sheet.Set(Series.BackupSize, report.Newest?.Bytes);
        sheet.Set(Series.BackupRevision, report.Newest?.Header.Revision);
    }
}
