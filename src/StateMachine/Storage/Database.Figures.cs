using System.Globalization;
using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <content>What RocksDB says of itself. Its counters of single events are off, since they cost each read and write something.</content>
internal sealed unsafe partial class Database
{
    public StoreFigures Figures()
    {
        var (kept, keptBytes) = StoreFormat.ReadKeys(this);
        var stalls = _rocks.GetProperty("rocksdb.db-write-stall-stats");
        var families = Enum.GetValues<Family>();
        return new StoreFigures
        {
            Families = [.. families.Select(FiguresOf)],
            RunningCompactions = Number("rocksdb.num-running-compactions"),
            RunningFlushes = Number("rocksdb.num-running-flushes"),
            IsWriteStopped = Number("rocksdb.is-write-stopped") > 0,
            DelayedWriteRate = Number("rocksdb.actual-delayed-write-rate"),
            WriteDelays = families.Sum(family => Count(StallsOf(family), "total-delays")),
            WriteStops = Count(stalls, "write-buffer-manager-limit-stops") + families.Sum(family => Count(StallsOf(family), "total-stops")),
            // The families share one cache.
            BlockCacheBytes = Number("rocksdb.block-cache-usage", Family.Rows),
            BlockCacheCapacity = Number("rocksdb.block-cache-capacity", Family.Rows),
            TableReaderBytes = families.Sum(family => Number("rocksdb.estimate-table-readers-mem", family)),
            BackgroundErrors = (long)CountBackgroundErrors(),
            KeptOutcomes = kept,
            KeptOutcomeBytes = keptBytes,
        };
    }

    private FamilyFigures FiguresOf(Family family) => new(
        NameOf(family),
        Number("rocksdb.live-sst-files-size", family),
        Number("rocksdb.cur-size-all-mem-tables", family),
        Number("rocksdb.estimate-num-keys", family),
        long.Parse(_rocks.GetProperty("rocksdb.num-files-at-level0", _rocks.GetColumnFamily(NameOf(family))), CultureInfo.InvariantCulture),
        Number("rocksdb.estimate-pending-compaction-bytes", family));

    private string StallsOf(Family family) => _rocks.GetProperty("rocksdb.cf-write-stall-stats", _rocks.GetColumnFamily(NameOf(family)));

    /// <summary>A number of a property's text: <c>name: number</c>, among others.</summary>
    private static long Count(string text, string name)
    {
        var at = text.IndexOf(name + ":", StringComparison.Ordinal);
        Invariant.Holds(at >= 0, "RocksDB counts its stalls");
        var rest = text.AsSpan(at + name.Length + 1).TrimStart();
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        return long.Parse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private long Number(string property)
    {
        ulong number;
        var unknown = Native.Instance.rocksdb_property_int(_handle, property, (nint)(&number));
        Invariant.Holds(unknown == 0, "RocksDB knows its properties");
        return (long)Math.Min(number, long.MaxValue);
    }

    private long Number(string property, Family family)
    {
        ulong number;
        var unknown = Native.Instance.rocksdb_property_int_cf(_handle, _families[(int)family], property, (nint)(&number));
        Invariant.Holds(unknown == 0, "RocksDB knows its properties");
        return (long)Math.Min(number, long.MaxValue);
    }
}
