namespace RaftCluster.Node.Metrics;

/// <summary>
/// Every metric of a node: its name, what it means, what parts it, and into how many parts at most. docs/metrics.md is held equal to
/// this file, and so is what a node answers.
/// </summary>
internal static class Series
{
    private static readonly List<SeriesDefinition> _all = [];

    /// <summary>The most members a metric is parted by. A larger cluster has more parts, one for each other member.</summary>
    public const int Members = 16;

    private const int Levels = 4;

    private static readonly double[] _quick = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1];
    private static readonly double[] _disk = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
    private static readonly double[] _requests = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10];
    private static readonly double[] _waits = [0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1, 5];
    private static readonly double[] _staleness = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
    private static readonly double[] _transfers = [0.1, 1, 5, 15, 60, 300, 1800];

    // Who the node is.
    public static readonly SeriesDefinition BuildInfo = Gauge("raftcluster_build_info", "1; the labels say which version runs, on which runtime.", 1, "version", "runtime");
    public static readonly SeriesDefinition NodeInfo = Gauge("raftcluster_node_info", "1; the labels say which node of which cluster and epoch answers.", 1, "node", "cluster", "cluster_id", "epoch");
    public static readonly SeriesDefinition HealthCheck = Gauge("raftcluster_health_check", "1 when a check of /readyz passes, 0 when it fails.", 8, "check");
    public static readonly SeriesDefinition Rebuilding = Gauge("raftcluster_rebuilding", "1 while the node's disk lost what it had and is being filled from the others.");
    public static readonly SeriesDefinition Drained = Gauge("raftcluster_drained", "1 while the node leaves leading to the others, for maintenance.");

    // Consensus.
    public static readonly SeriesDefinition HasLeader = Gauge("raftcluster_has_leader", "1 when the node knows a leader.");
    public static readonly SeriesDefinition IsLeader = Gauge("raftcluster_is_leader", "1 when the node leads and has committed in its term.");
    public static readonly SeriesDefinition IsVoter = Gauge("raftcluster_is_voter", "1 when the node has a vote, 0 for a learner.");
    public static readonly SeriesDefinition LeaderChanges = Counter("raftcluster_leader_changes_total", "Times that another member than before came to lead, as the node saw it.");
    public static readonly SeriesDefinition Elections = Counter("raftcluster_elections_total", "Times that the node stood for election.");
    public static readonly SeriesDefinition Term = Gauge("raftcluster_term", "The node's term.");
    public static readonly SeriesDefinition Voters = Gauge("raftcluster_voters", "Members with a vote, as the node has it.");
    public static readonly SeriesDefinition Learners = Gauge("raftcluster_learners", "Members without a vote, as the node has it.");
    public static readonly SeriesDefinition VotersInContact = Gauge("raftcluster_voters_in_contact", "Voters that answered the leader within an election timeout, itself among them; leader only.");
    public static readonly SeriesDefinition CommitIndex = Gauge("raftcluster_commit_index", "The last entry that is known to be committed.");
    public static readonly SeriesDefinition AppliedIndex = Gauge("raftcluster_applied_index", "The last entry that is applied to the rows.");
    public static readonly SeriesDefinition FirstIndex = Gauge("raftcluster_log_first_index", "The first entry that the log holds.");
    public static readonly SeriesDefinition LastIndex = Gauge("raftcluster_log_last_index", "The last entry of the log.");
    public static readonly SeriesDefinition SyncedIndex = Gauge("raftcluster_log_synced_index", "The last entry that is on the node's disk.");
    public static readonly SeriesDefinition Revision = Gauge("raftcluster_revision", "The newest revision of the rows.");
    public static readonly SeriesDefinition OldestRevision = Gauge("raftcluster_oldest_revision", "The oldest revision that can be read.");
    public static readonly SeriesDefinition Proposals = Counter("raftcluster_proposals_total", "Writes that were proposed to this node as leader, by how that ended.", 6, "outcome");
    public static readonly SeriesDefinition ProposalsPending = Gauge("raftcluster_proposals_pending", "Writes that wait to be put into an entry.");
    public static readonly SeriesDefinition ProposalBytesPending = Gauge("raftcluster_proposals_pending_bytes", "The bytes of the writes that wait to be put into an entry.");
    public static readonly SeriesDefinition CommitDuration = Histogram("raftcluster_commit_duration_seconds", "From an entry's place in the leader's log to its commit, disks and network of a majority included; leader only.", _disk);
    public static readonly SeriesDefinition ApplyDuration = Histogram("raftcluster_apply_duration_seconds", "How long an entry took to be applied to the rows.", _quick);

    // The log on the disk.
    public static readonly SeriesDefinition LogSyncDuration = Histogram("raftcluster_log_sync_duration_seconds", "How long it took to write and fdatasync what waited for the log.", _disk);
    public static readonly SeriesDefinition LogWritten = Counter("raftcluster_log_written_bytes_total", "Bytes written to the log and synced.");
    public static readonly SeriesDefinition LogSize = Gauge("raftcluster_log_size_bytes", "What the log's records take on the disk.");

    // The other members.
    public static readonly SeriesDefinition PeerRoundTrip = Histogram("raftcluster_peer_round_trip_seconds", "How long a member took to answer a sign of life; leader only.", _quick, Members, "peer");
    public static readonly SeriesDefinition PeerLastContact = Gauge("raftcluster_peer_last_contact_seconds", "Time since a member last answered the leader, or, on a follower, since the leader last spoke.", Members, "peer");
    public static readonly SeriesDefinition FollowerLagEntries = Gauge("raftcluster_follower_lag_entries", "Entries of the leader's log that are not known to be on a member's disk; leader only.", Members, "peer");
    public static readonly SeriesDefinition FollowerLagBytes = Gauge("raftcluster_follower_lag_bytes", "What those entries take in the leader's log; leader only.", Members, "peer");
    public static readonly SeriesDefinition FollowerLagSeconds = Gauge("raftcluster_follower_lag_seconds", "How long ago the first of those entries was made, 0 for none; leader only.", Members, "peer");

    // Snapshots.
    public static readonly SeriesDefinition SnapshotsTaken = Counter("raftcluster_snapshots_taken_total", "Times that the rows were brought to disk and the log cut behind them.");
    public static readonly SeriesDefinition SnapshotsSent = Counter("raftcluster_snapshots_sent_total", "Snapshots for other members, by how that ended; one that broke off goes on where it ended.", 2, "result");
    public static readonly SeriesDefinition SnapshotsReceived = Counter("raftcluster_snapshots_received_total", "Snapshots that came whole, by whether they could be installed.", 2, "result");
    public static readonly SeriesDefinition SnapshotBytesSent = Counter("raftcluster_snapshot_sent_bytes_total", "Bytes of snapshots that were sent.");
    public static readonly SeriesDefinition SnapshotDuration = Histogram("raftcluster_snapshot_send_duration_seconds", "From the beginning of a snapshot to its installation by the receiver.", _transfers);
    public static readonly SeriesDefinition TransferDone = Gauge("raftcluster_snapshot_transfer_done_bytes", "How far a snapshot has come that is on its way now; peer is who gets it, direction is send or receive.", Members, "peer", "direction");
    public static readonly SeriesDefinition TransferSize = Gauge("raftcluster_snapshot_transfer_size_bytes", "How large a snapshot is that is on its way now.", Members, "peer", "direction");

    // Divergence.
    public static readonly SeriesDefinition StateCheckIndex = Gauge("raftcluster_state_check_index", "The entry that state_check_hash is about: the last multiple of 1024 that was applied since the start.");
    public static readonly SeriesDefinition StateCheckHash = Gauge("raftcluster_state_check_hash", "The upper 48 bits of the hash of all changes up to that entry: nodes with the same index must have the same hash.");
    public static readonly SeriesDefinition StatesCompared = Counter("raftcluster_state_comparisons_total", "Times that the node's state hash was compared with its leader's at the same entry and was the same; a difference stops the node.");

    // Reads.
    public static readonly SeriesDefinition ReadGate = Counter("raftcluster_read_gate_passages_total", "Reads that asked whether this copy is fresh enough, by consistency and answer.", Levels * 3, "consistency", "passage");
    public static readonly SeriesDefinition ReadGateWait = Histogram("raftcluster_read_gate_wait_seconds", "How long a read waited until the copy was fresh enough, or gave up. Local reads do not wait.", _waits, Levels, "consistency");
    public static readonly SeriesDefinition ReadStaleness = Histogram("raftcluster_read_staleness_seconds", "How far behind at most a read was that the node served by itself; a linearizable one is not behind and not counted.", _staleness, Levels, "consistency");
    public static readonly SeriesDefinition Staleness = Gauge("raftcluster_staleness_seconds", "How far behind the leader this copy is at most, now.");
    public static readonly SeriesDefinition Forwards = Counter("raftcluster_forwarded_requests_total", "Requests that were sent on to the leader, by what became of them.", 3, "result");

    // The change feed.
    public static readonly SeriesDefinition FeedReaders = Gauge("raftcluster_feed_readers", "Readers of the change feed on this node, by where they are: in the rows, catching up, or at the end.", 3, "state");
    public static readonly SeriesDefinition FeedReadersLimit = Gauge("raftcluster_feed_readers_limit", "How many readers of the change feed there may be.");
    public static readonly SeriesDefinition FeedLagRevisions = Gauge("raftcluster_feed_reader_lag_revisions", "How many revisions the reader that is furthest behind has not looked at.");
    public static readonly SeriesDefinition FeedLagSeconds = Gauge("raftcluster_feed_reader_lag_seconds", "How long ago the first of those revisions was made.");
    public static readonly SeriesDefinition FeedClosed = Counter("raftcluster_feed_readers_closed_total", "Readers of the change feed that the node closed, by why: too slow, behind the retained history, or the node stops.", 3, "reason");

    // What is kept for clients.
    public static readonly SeriesDefinition Tables = Gauge("raftcluster_tables", "Tables that have rows or ever had, the system's own among them.");
    public static readonly SeriesDefinition Leases = Gauge("raftcluster_leases", "Leases that have not ended.");
    public static readonly SeriesDefinition Locks = Gauge("raftcluster_locks", "Locks that are held, or have guards.");
    public static readonly SeriesDefinition IdempotencyKeys = Gauge("raftcluster_idempotency_keys", "Outcomes of writes that are kept under their idempotency keys.");
    public static readonly SeriesDefinition IdempotencyBytes = Gauge("raftcluster_idempotency_keys_bytes", "The bytes of those outcomes.");
    public static readonly SeriesDefinition IdempotencyLimit = Gauge("raftcluster_idempotency_keys_limit", "How many such outcomes are kept at most.");

    // RocksDB.
    private const int Families = 6;
    public static readonly SeriesDefinition StoreFiles = Gauge("raftcluster_rocksdb_files_bytes", "Bytes of RocksDB's files, by column family.", Families, "family");
    public static readonly SeriesDefinition StoreMemory = Gauge("raftcluster_rocksdb_memtables_bytes", "Bytes that are in memory alone, by column family; the log has them on the disk.", Families, "family");
    public static readonly SeriesDefinition StoreKeys = Gauge("raftcluster_rocksdb_keys", "About how many keys there are, by column family.", Families, "family");
    public static readonly SeriesDefinition StoreLevel0 = Gauge("raftcluster_rocksdb_level0_files", "Files of the newest level, by column family.", Families, "family");
    public static readonly SeriesDefinition StorePending = Gauge("raftcluster_rocksdb_pending_compaction_bytes", "About how many bytes have to be rewritten before all is in order, by column family.", Families, "family");
    public static readonly SeriesDefinition StoreCompactions = Gauge("raftcluster_rocksdb_running_compactions", "Rewrites of files that run now.");
    public static readonly SeriesDefinition StoreFlushes = Gauge("raftcluster_rocksdb_running_flushes", "Memory that is being written out now.");
    public static readonly SeriesDefinition StoreStalls = Counter("raftcluster_rocksdb_stalls_total", "Times that writes were slowed down or stopped, by which.", 2, "kind");
    public static readonly SeriesDefinition StoreStopped = Gauge("raftcluster_rocksdb_write_stopped", "1 while writes are stopped until memory is written out or files are rewritten.");
    public static readonly SeriesDefinition StoreDelayed = Gauge("raftcluster_rocksdb_delayed_write_rate_bytes", "To how many bytes a second writes are slowed down; 0 when they are not.");
    public static readonly SeriesDefinition StoreCache = Gauge("raftcluster_rocksdb_block_cache_bytes", "Bytes of files that are kept in memory.");
    public static readonly SeriesDefinition StoreCacheLimit = Gauge("raftcluster_rocksdb_block_cache_capacity_bytes", "How many bytes of files may be kept in memory.");
    public static readonly SeriesDefinition StoreReaders = Gauge("raftcluster_rocksdb_table_readers_bytes", "Bytes of memory for indexes and filters beside the cache.");
    public static readonly SeriesDefinition StoreErrors = Counter("raftcluster_rocksdb_background_errors_total", "Failures behind the scenes: rewrites that were put off for lack of room among them.");

    // The disk.
    public static readonly SeriesDefinition DiskSize = Gauge("raftcluster_disk_size_bytes", "The size of the disk that the data folder is on.");
    public static readonly SeriesDefinition DiskFree = Gauge("raftcluster_disk_free_bytes", "What the node may still take of it.");
    public static readonly SeriesDefinition DiskReserve = Gauge("raftcluster_disk_reserve_bytes", "How many bytes of it are to stay free.");
    public static readonly SeriesDefinition DiskWorking = Gauge("raftcluster_disk_working_bytes", "How many bytes the store needs beside the reserve, to rewrite its files.");
    public static readonly SeriesDefinition DiskLow = Gauge("raftcluster_disk_low", "1 while there is less free than both: only what makes room is written.");
    public static readonly SeriesDefinition DiskUsage = Gauge("raftcluster_disk_usage_bytes", "What the data folder takes, by kind.", 7, "kind");

    // Backups that the node makes by itself.
    public static readonly SeriesDefinition BackupInterval = Gauge("raftcluster_backup_interval_seconds", "How long from one backup to the next; missing without --backup-folder.");
    public static readonly SeriesDefinition BackupTime = Gauge("raftcluster_backup_last_success_timestamp_seconds", "When the newest backup was made, in seconds since 1970.");
    public static readonly SeriesDefinition BackupSize = Gauge("raftcluster_backup_last_size_bytes", "How large the newest backup is.");
    public static readonly SeriesDefinition BackupRevision = Gauge("raftcluster_backup_last_revision", "Up to which revision the newest backup goes.");
    public static readonly SeriesDefinition BackupFailing = Gauge("raftcluster_backup_failing", "1 when the last try failed; missing without --backup-folder.");

    // HTTP.
    private const int RoutesAndVerbs = 96;
    public static readonly SeriesDefinition HttpRequests = Counter("raftcluster_http_requests_total", "Requests that were answered, by route, method and status; 499 when the client left before.", 8 * RoutesAndVerbs, "route", "method", "code");
    public static readonly SeriesDefinition HttpDuration = Histogram("raftcluster_http_request_duration_seconds", "How long a request took to be answered. The change feed, which has no end, is not in it.", _requests, RoutesAndVerbs, "route", "method");
    public static readonly SeriesDefinition HttpInFlight = Gauge("raftcluster_http_requests_in_flight", "Requests that are being answered, readers of the change feed among them.");

    // The runtime, beside what the Prometheus library tells of it.
    public static readonly SeriesDefinition GcPause = Counter("raftcluster_runtime_gc_pause_seconds_total", "How long all threads stood still for garbage collections.");
    public static readonly SeriesDefinition Allocated = Counter("raftcluster_runtime_allocated_bytes_total", "Bytes of objects that were made.");
    public static readonly SeriesDefinition HeapSize = Gauge("raftcluster_runtime_heap_size_bytes", "The heap after the last collection, by generation.", 5, "generation");
    public static readonly SeriesDefinition PoolThreads = Gauge("raftcluster_runtime_pool_threads", "Threads of the thread pool.");
    public static readonly SeriesDefinition PoolQueue = Gauge("raftcluster_runtime_pool_queue_length", "Work that waits for a thread of the pool.");
    public static readonly SeriesDefinition LockContentions = Counter("raftcluster_runtime_lock_contentions_total", "Times that a thread had to wait for a lock of the runtime.");

    /// <summary>What the Prometheus library tells of the process and its runtime, by its own names.</summary>
    public static readonly (string Name, string Help)[] OfTheLibrary =
    [
        ("dotnet_collection_count_total", "GC collection count"),
        ("dotnet_total_memory_bytes", "Total known allocated memory"),
        ("process_cpu_seconds_total", "Total user and system CPU time spent in seconds."),
        ("process_num_threads", "Total number of threads"),
        ("process_open_handles", "Number of open handles"),
        ("process_private_memory_bytes", "Process private memory size"),
        ("process_start_time_seconds", "Start time of the process since unix epoch in seconds."),
        ("process_virtual_memory_bytes", "Virtual memory size in bytes."),
        ("process_working_set_bytes", "Process working set"),
    ];

    /// <summary>All of them, in the order of this file.</summary>
    public static IReadOnlyList<SeriesDefinition> All => _all;

    private static SeriesDefinition Gauge(string name, string help, int most = 1, params string[] labels) =>
        Add(new SeriesDefinition(SeriesKind.Gauge, name, help, labels, most, []));

    private static SeriesDefinition Counter(string name, string help, int most = 1, params string[] labels) =>
        Add(new SeriesDefinition(SeriesKind.Counter, name, help, labels, most, []));

    private static SeriesDefinition Histogram(string name, string help, double[] buckets, int most = 1, params string[] labels) =>
        Add(new SeriesDefinition(SeriesKind.Histogram, name, help, labels, most, buckets));

    private static SeriesDefinition Add(SeriesDefinition series)
    {
        _all.Add(series);
        return series;
    }
}
