using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>RocksDB's options, each with its reason.</summary>
internal static class DatabaseTuning
{
    // RocksDB's kDataBlockBinaryAndHash.
    private const int BinarySearchAndHash = 1;

    private const uint SecondsADay = 24 * 60 * 60;

    public static DbOptions Database(RowStoreOptions options, Opening opening)
    {
        var database = new DbOptions()
            .SetCreateIfMissing(opening == Opening.OrMake)
            .SetCreateMissingColumnFamilies(opening != Opening.ReadOnly)
            .SetMaxOpenFiles(options.MaximumOpenFiles)
            // Write out steadily, so that a flush does not end in one long wait for the disk.
            .SetBytesPerSync(1 << 20)
            // All memtables together, so that history and rows can't outgrow the memory meant for both.
            .SetDbWriteBufferSize((ulong)(2 * options.WriteBufferBytes))
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetKeepLogFileNum(4)
            .SetMaxLogFileSize(4 << 20)
            .SetStatsDumpPeriodSec(0)
            .SkipStatsUpdateOnOpen(true);
        var native = Native.Instance;
        native.rocksdb_options_set_max_background_jobs(database.Handle, options.BackgroundJobs);
        // Without RocksDB's own log, the column families would otherwise reach the disk at different positions.
        native.rocksdb_options_set_atomic_flush(database.Handle, 1);
        // After a failed write to disk nothing is tried again: the process stops, and the log replays.
        native.rocksdb_options_set_max_bgerror_resume_count(database.Handle, 0);
        // The store flushes by itself when it closes in good order, and sees that flush fail.
        native.rocksdb_options_set_avoid_flush_during_shutdown(database.Handle, 1);
        return database;
    }

    /// <summary>Makes the cache that all column families share; the caller destroys its handle after opening.</summary>
    public static nint CreateCache(RowStoreOptions options) =>
        // Lock-free reads, unlike the LRU cache; 0 lets it find out how large entries are.
        Native.Instance.rocksdb_cache_create_hyper_clock((nuint)options.BlockCacheBytes, estimated_entry_charge: 0);

    public static ColumnFamilyOptions For(Family family, nint cache, RowStoreOptions options)
    {
        var table = new BlockBasedTableOptions()
            .SetBlockCache(cache)
            .SetBlockSize(8 << 10)
            .SetFilterPolicy(BloomFilterPolicy.Create(10, use_block_based_builder: false))
            .SetWholeKeyFiltering(true);
        var writeBuffer = family switch
        {
            Family.Rows or Family.History => options.WriteBufferBytes,
            Family.Changes => options.WriteBufferBytes / 2,
            _ => options.WriteBufferBytes / 8,
        };
        var native = Native.Instance;
        if (family == Family.Rows)
        {
            // Rows are looked up one by one: a hash in each block saves the search in it.
            native.rocksdb_block_based_options_set_data_block_index_type(table.Handle, BinarySearchAndHash);
            native.rocksdb_block_based_options_set_data_block_hash_ratio(table.Handle, 0.75);
        }

        var columns = new ColumnFamilyOptions()
            .SetBlockBasedTableFactory(table)
            .SetWriteBufferSize((ulong)Math.Max(writeBuffer, 64 << 10))
            // Room for writes while earlier memtables are on their way to disk.
            .SetMaxWriteBufferNumber(4)
            .SetLevelCompactionDynamicLevelBytes(true)
            // What a rewrite takes for a while, on top of what there is, must not depend on how large the store is.
            .SetMaxCompactionBytes(256 << 20)
            .SetCompression(Compression.Lz4);
        // Each entry's picture lets the one before it go, and each time RocksDB would rewrite the files that only the
        // old one held back, that is, every file once more right after it was written.
        native.rocksdb_options_set_bottommost_file_compaction_delay(columns.Handle, SecondsADay);
        if (family == Family.Rows)
        {
            // Most rows looked up are not among the newest: say so without searching the memtables.
            columns.SetMemtablePrefixBloomSizeRatio(0.05);
            native.rocksdb_options_set_memtable_whole_key_filtering(columns.Handle, 1);
        }

        return columns;
    }
}
