using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// One open RocksDB folder. Its users count themselves in and out, and the last one closes it: what still reads
/// never meets freed memory.
/// </summary>
internal sealed unsafe partial class Database
{
    // RocksDB's kPersistedTier: skips memtables, so it sees what is safe on disk and nothing else.
    private const int PersistedTier = 2;

    private readonly RocksDb _rocks;
    private readonly nint _handle;
    private readonly nint[] _families;
    private readonly WriteOptions _unlogged;
    private readonly FlushOptions _waiting;
    private readonly nint _latest;
    private readonly nint _persisted;
    private UserCount _users = new();

    private Database(string folder, RocksDb rocks, SpaceLimit space, IReadOnlySet<Family> lacked, bool isComplete)
    {
        Folder = folder;
        Lacked = lacked;
        Space = space;
        _rocks = rocks;
        _handle = rocks.Handle;
        _families = [.. Enum.GetValues<Family>().Select(
            family => isComplete || !lacked.Contains(family) ? rocks.GetColumnFamily(NameOf(family)).Handle : 0)];
        _unlogged = new WriteOptions().DisableWal(1);
        _waiting = new FlushOptions().SetWaitForFlush(true);
        _latest = Native.Instance.rocksdb_readoptions_create();
        _persisted = Native.Instance.rocksdb_readoptions_create();
        Native.Instance.rocksdb_readoptions_set_read_tier(_persisted, PersistedTier);
    }

    public string Folder { get; }

    /// <summary>How much room it may take.</summary>
    public SpaceLimit Space { get; }

    /// <summary>The families that were not there when it was opened; by now they are, unless it was opened to be looked at.</summary>
    public IReadOnlySet<Family> Lacked { get; }

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">Its full path.</param>
    /// <param name="options">Its share of the machine.</param>
    /// <param name="opening">What is done with a folder that holds no store, and what may be done with one that does.</param>
    /// <exception cref="StorageException">It can't be used, a newer version made it, or it is damaged.</exception>
    public static Database Open(string folder, RowStoreOptions options, Opening opening = Opening.OrMake)
    {
        try
        {
            if (opening == Opening.OrMake)
            {
                Directory.CreateDirectory(folder);
            }

            NativeRocksDb.Load();
            var rocksOptions = DatabaseTuning.Database(options, opening);
            SpaceLimit? space = new();
            space.Join(rocksOptions);
            var lacked = CheckFamilies(folder, rocksOptions, opening);
            var present = Enum.GetValues<Family>().Where(family => opening != Opening.ReadOnly || !lacked.Contains(family));
            var cache = DatabaseTuning.CreateCache(options);
            try
            {
                var families = new ColumnFamilies();
                foreach (var family in present)
                {
                    families.Add(NameOf(family), DatabaseTuning.For(family, cache, options));
                }

                var rocks = opening == Opening.ReadOnly
                    ? RocksDb.OpenReadOnly(rocksOptions, folder, families, errIfLogFileExists: false)
                    : RocksDb.Open(rocksOptions, folder, families);
                var opened = new Database(folder, rocks, space, lacked, isComplete: opening != Opening.ReadOnly);
                space = null;
                return opened;
            }
            finally
            {
                space?.Release();
                // What was opened with it keeps it alive.
                Native.Instance.rocksdb_cache_destroy(cache);
            }
        }
        catch (RocksDbSharpException failure)
        {
            throw StorageFailure.FromOpening(folder, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(folder, StorageFault.Disk, failure.Message, failure);
        }
    }

    /// <summary>Counts a user in; false when the last one has closed it.</summary>
    public bool TryEnter() => _users.TryEnter();

    /// <summary>
    /// Called when the last user has closed it. Until then its folder can't be removed in peace: RocksDB looks at its
    /// manifest when it closes, and writes a new one when that is gone. Set while somebody is counted in.
    /// </summary>
    public Action? Closed { private get; set; }

    /// <summary>Counts a user out.</summary>
    public void Leave()
    {
        if (_users.Leave())
        {
            Native.Instance.rocksdb_readoptions_destroy(_latest);
            Native.Instance.rocksdb_readoptions_destroy(_persisted);
            _rocks.Dispose();
            Space.Release();
            Closed?.Invoke();
        }
    }

    /// <summary>Reads the newest value of a key.</summary>
    public PinnedValue Get(Family family, ReadOnlySpan<byte> key) => Get(family, key, _latest);

    /// <summary>Reads the value of a key that is safe on disk.</summary>
    public PinnedValue GetPersisted(Family family, ReadOnlySpan<byte> key) => Get(family, key, _persisted);

    public PinnedValue Get(Family family, ReadOnlySpan<byte> key, nint readOptions)
    {
        nint slice;
        nint error;
        fixed (byte* start = key)
        {
            slice = Native.Instance.rocksdb_get_pinned_cf(
                _handle, readOptions, _families[(int)family], start, (nuint)key.Length, out error);
        }

        ThrowOn(error);
        return new PinnedValue(slice);
    }

    /// <summary>Writes a batch atomically, into memory: the Raft log is the write-ahead log.</summary>
    public void Write(WriteBatch batch)
    {
        Native.Instance.rocksdb_write(_handle, _unlogged.Handle, batch.Handle, out var error);
        ThrowOn(error);
    }

    public void Put(WriteBatch batch, Family family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* keyStart = key, valueStart = value)
        {
            Native.Instance.rocksdb_writebatch_put_cf(
                batch.Handle, _families[(int)family], keyStart, (nuint)key.Length, valueStart, (nuint)value.Length);
        }
    }

    public void Delete(WriteBatch batch, Family family, ReadOnlySpan<byte> key)
    {
        fixed (byte* keyStart = key)
        {
            Native.Instance.rocksdb_writebatch_delete_cf(
                batch.Handle, _families[(int)family], keyStart, (nuint)key.Length);
        }
    }

    /// <summary>Brings every column family to disk, all to the same position, and waits for it.</summary>
    public void Flush()
    {
        Native.Instance.rocksdb_flush_cfs(_handle, _waiting.Handle, _families, _families.Length, out var error);
        ThrowOn(error);
        ThrowOnBackgroundErrors();
    }

    /// <summary>How often writing out or compacting failed behind the scenes.</summary>
    private ulong CountBackgroundErrors()
    {
        ulong errors;
        var unknown = Native.Instance.rocksdb_property_int(_handle, "rocksdb.background-errors", (nint)(&errors));
        Invariant.Holds(unknown == 0, "RocksDB counts its background errors");
        return errors;
    }

    /// <summary>Whether a failure behind the scenes has ended all writing.</summary>
    public bool IsStopped()
    {
        try
        {
            ThrowOnBackgroundErrors();
            return false;
        }
        catch (StorageException)
        {
            return true;
        }
    }

    /// <summary>Fails when writing out or compacting failed behind the scenes.</summary>
    public void ThrowOnBackgroundErrors()
    {
        if (CountBackgroundErrors() > 0)
        {
            // If it was more than a rewrite that was put off for lack of room, RocksDB takes no writes any more, not even one
            // of nothing, and says why; or the next flush does.
            using var nothing = new WriteBatch();
            Write(nothing);
        }
    }

    /// <summary>Brings everything to disk and makes a folder with the same files, by hard links where that is possible.</summary>
    /// <param name="folder">The folder, which must not exist; on the way there is one with ".tmp" behind its name.</param>
    public void CopyTo(string folder)
    {
        var checkpoint = Native.Instance.rocksdb_checkpoint_object_create(_handle, out var error);
        ThrowOn(error);
        try
        {
            // Whatever the log's size: there is no log, so what is in memory must be written out.
            Native.Instance.rocksdb_checkpoint_create(checkpoint, folder, log_size_for_flush: 0, out error);
            ThrowOn(error);
        }
        finally
        {
            Native.Instance.rocksdb_checkpoint_object_destroy(checkpoint);
        }
    }

    /// <summary>Stops writing out and compacting, for good, and waits for it; what is open for reading stays readable.</summary>
    public void StopBackgroundWork() => Native.Instance.rocksdb_cancel_all_background_work(_handle, 1);

    public nint CreateSnapshot() => Native.Instance.rocksdb_create_snapshot(_handle);

    public void ReleaseSnapshot(nint snapshot) => Native.Instance.rocksdb_release_snapshot(_handle, snapshot);

    /// <summary>Opens a native iterator, which its caller destroys.</summary>
    public nint CreateIterator(Family family, nint readOptions) =>
        Native.Instance.rocksdb_create_iterator_cf(_handle, readOptions, _families[(int)family]);

    public void ThrowOn(nint error)
    {
        if (error != 0)
        {
            throw StorageFailure.From(Folder, new RocksDbException(error));
        }
    }

    // Column families are named in lower case on disk.
    private static string NameOf(Family family) => family.ToString().ToLowerInvariant();

    /// <returns>Those that are missing, and may be: all of a store that is yet to be made, some of an older format.</returns>
    private static HashSet<Family> CheckFamilies(string folder, DbOptions options, Opening opening)
    {
        if (!File.Exists(Path.Combine(folder, "CURRENT")))
        {
            if (opening == Opening.OrMake)
            {
                return [.. Enum.GetValues<Family>()];
            }

            throw Directory.Exists(folder)
                ? new StorageException(folder, StorageFault.Corrupt, "its file CURRENT is missing")
                : new StorageException(folder, StorageFault.Disk, "there is no such folder");
        }

        var lacked = Enum.GetValues<Family>().ToHashSet();
        var known = lacked.ToDictionary(NameOf, StringComparer.Ordinal);
        foreach (var name in RocksDb.ListColumnFamilies(options, folder).Where(name => name != ColumnFamilies.DefaultName))
        {
            if (!known.TryGetValue(name, out var family))
            {
                throw new StorageException(
                    folder, StorageFault.NewerFormat, $"it has a column family '{name}' that a newer version made");
            }

            lacked.Remove(family);
        }

        if (opening != Opening.OrMake && !lacked.IsSubsetOf(StoreFormat.FamiliesSince2))
        {
            throw StoreFormat.Lacks(folder, lacked);
        }

        return lacked;
    }
}
