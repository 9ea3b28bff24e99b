using RaftCluster.Node.Space;

namespace RaftCluster.Node.Metrics;

/// <summary>The room on the disk, and what takes it.</summary>
internal sealed class SpaceCollector(NodeSpace space) : ICollector
{
    /// <inheritdoc/>
    public async ValueTask CollectAsync(Sheet sheet, CancellationToken patience)
    {
        var room = space.Room;
        sheet.Set(Series.DiskSize, room.Total);
        sheet.Set(Series.DiskFree, room.Free);
        sheet.Set(Series.DiskReserve, room.Reserve);
        sheet.Set(Series.DiskWorking, room.Working);
        sheet.Set(Series.DiskLow, room.IsLow);
        try
        {
            Tell(sheet, await space.UsageAsync(patience));
        }
        catch (OperationCanceledException)
        {
            // A folder that takes so long to be added up is told when it is, and the rest now.
        }
    }

    private static void Tell(Sheet sheet, DiskUsage usage)
    {
        sheet.Set(Series.DiskUsage, usage.Log, "log");
        sheet.Set(Series.DiskUsage, usage.Spare, "spare");
        sheet.Set(Series.DiskUsage, usage.Rows, "rows");
        sheet.Set(Series.DiskUsage, usage.Snapshots, "snapshots");
        sheet.Set(Series.DiskUsage, usage.Aside, "aside");
        sheet.Set(Series.DiskUsage, usage.Backups, "backups");
        sheet.Set(Series.DiskUsage, usage.Other, "other");
    }
}
