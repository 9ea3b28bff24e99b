using RaftCluster.Node.Configuration;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Metrics;

/// <summary>The rows, what is kept for clients, and RocksDB beneath.</summary>
internal sealed class StoreCollector(NodeOptions options, IStateMachine store) : ICollector
{
    /// <inheritdoc/>
    public ValueTask CollectAsync(Sheet sheet, CancellationToken patience)
    {
        using (var rows = store.Read())
        {
            sheet.Set(Series.Revision, rows.Position.Revision);
            sheet.Set(Series.OldestRevision, rows.OldestRevision);
            sheet.Set(Series.Tables, rows.Tables().Count);
            sheet.Set(Series.Leases, rows.SizeOf(SystemTables.Leases).Rows);
            sheet.Set(Series.Locks, rows.SizeOf(SystemTables.Locks).Rows);
        }

        var figures = store.Figures;
        sheet.Set(Series.IdempotencyKeys, figures.KeptOutcomes);
        sheet.Set(Series.IdempotencyBytes, figures.KeptOutcomeBytes);
        sheet.Set(Series.IdempotencyLimit, options.IdempotencyKeys);
        foreach (var family in figures.Families)
        {
            sheet.Set(Series.StoreFiles, family.FileBytes, family.Name);
            sheet.Set(Series.StoreMemory, family.MemoryBytes, family.Name);
            sheet.Set(Series.StoreKeys, family.Keys, family.Name);
            sheet.Set(Series.StoreLevel0, family.NewestFiles, family.Name);
            sheet.Set(Series.StorePending, family.PendingCompactionBytes, family.Name);
        }

        sheet.Set(Series.StoreCompactions, figures.RunningCompactions);
        sheet.Set(Series.StoreFlushes, figures.RunningFlushes);
        sheet.Count(Series.StoreStalls, figures.WriteDelays, "delay");
        sheet.Count(Series.StoreStalls, figures.WriteStops, "stop");
        sheet.Set(Series.StoreStopped, figures.IsWriteStopped);
        sheet.Set(Series.StoreDelayed, figures.DelayedWriteRate);
        sheet.Set(Series.StoreCache, figures.BlockCacheBytes);
        sheet.Set(Series.StoreCacheLimit, figures.BlockCacheCapacity);
        sheet.Set(Series.StoreReaders, figures.TableReaderBytes);
        sheet.Count(Series.StoreErrors, figures.BackgroundErrors);
        return default;
    }
}
