using RaftCluster.StateMachine.Leases;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// The replicated rows in one folder, by RocksDB without a log of its own: after a crash it stands at the end of
/// some entry, at least at what was <see cref="Persisted"/>, and the Raft log replays the rest.
/// </summary>
public sealed class RowStore : IStateMachine
{
    /// <summary>So much is rewritten at once at most, as RocksDB is tuned; of a smaller store all.</summary>
    private const long MostAtOnce = 512L << 20;

    private readonly RowStoreOptions _options;
    // Held by what makes files in the folder in use: none may appear in one that is no longer.
    private readonly Lock _writingFiles = new();
    // Held from a write to the picture of it: one taken in between would tell the wrong position.
    private readonly Lock _picturing = new();
    private Generation _generation;
    private Picture _picture;
    private HistorySweep? _sweep;
    private volatile StorageException? _broken;
    private bool _disposed;

    private RowStore(Generation generation, RowStoreOptions options)
    {
        _options = options;
        _generation = generation;
        _picture = new Picture(generation.Database, generation.Start, generation.Floor);
    }

    /// <inheritdoc/>
    public AppliedPosition Applied => Volatile.Read(ref _picture).Position;

    /// <inheritdoc/>
    /// <remarks>Read from disk, so it moves on when RocksDB writes out by itself too.</remarks>
    /// <exception cref="StorageException">The store's disk failed, if only behind the scenes.</exception>
    public AppliedPosition Persisted => OnDatabase(static database =>
    {
        database.ThrowOnBackgroundErrors();
        using var record = database.GetPersisted(Family.Meta, MetaRecords.AppliedKey);
        Invariant.Holds(record.Found, "a store's position is on disk since it was made");
        return MetaRecords.ReadPosition(record.Bytes);
    });

    /// <inheritdoc/>
    public ILeaseListener? LeaseListener { get; set; }

    /// <summary>Begins, beside everything else, what the first opening in a process would otherwise have to wait for.</summary>
    public static void Prepare() => ThreadPool.UnsafeQueueUserWorkItem(
        static _ =>
        {
            try
            {
                NativeRocksDb.Load();
            }
            catch (TypeInitializationException)
            {
                // Whoever opens a store is told the same, and can say it.
            }
        },
        null);

    /// <summary>Opens the store in a folder, or makes a new one there.</summary>
    /// <param name="folder">The folder, made when it is missing.</param>
    /// <param name="options">Its share of the machine.</param>
    /// <exception cref="StorageException">The folder can't be used, or a newer version of this code wrote it.</exception>
    public static RowStore Open(string folder, RowStoreOptions? options = null)
    {
        options ??= new RowStoreOptions();
        return new RowStore(Generation.Open(Path.GetFullPath(folder), options, Opening.OrMake), options);
    }

    /// <summary>Tells where a copy made by <see cref="Checkpoint"/> stands. The folder is only read.</summary>
    /// <param name="folder">The copy, which no store has open for use.</param>
    /// <exception cref="StorageException">
    /// It is damaged (<see cref="StorageFault.Corrupt"/>) as far as that shows without reading all rows, can't be read,
    /// or a newer version of this code made it.
    /// </exception>
    public static AppliedPosition PositionOf(string folder) => StoreCopy.PositionOf(Path.GetFullPath(folder));

    /// <summary>
    /// Reads all of a copy made by <see cref="Checkpoint"/>: damage of any block shows, which <see cref="PositionOf"/> mostly
    /// does not meet. The folder is only read; it takes as long as reading its files.
    /// </summary>
    /// <param name="folder">The copy, which no store has open for use.</param>
    /// <returns>Where it stands.</returns>
    /// <exception cref="StorageException">
    /// It is damaged (<see cref="StorageFault.Corrupt"/>), can't be read, or a newer version of this code made it.
    /// </exception>
    public static AppliedPosition Verify(string folder) => StoreCopy.Verify(Path.GetFullPath(folder));

    /// <summary>Tells the oldest revision that can be read of a copy made by <see cref="Checkpoint"/>. The folder is only read.</summary>
    /// <param name="folder">The copy, which no store has open for use.</param>
    /// <exception cref="StorageException">As <see cref="PositionOf"/>.</exception>
    public static long OldestRevisionOf(string folder) => StoreCopy.FloorOf(Path.GetFullPath(folder));

    /// <inheritdoc/>
    /// <exception cref="StorageException">The disk failed; every later call fails the same way.</exception>
    public IReadOnlyList<Outcome> Apply(long index, long term, ReadOnlyMemory<byte> entry)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfBroken();
        var before = _picture;
        try
        {
            var after = _generation.Application.Apply(before.Position, index, term, entry.Span, out var outcomes);
            lock (_picturing)
            {
                before = _picture;
                _generation.Commit(after);
                Volatile.Write(ref _picture, new Picture(_generation.Database, after, _generation.Floor));
            }

            before.Leave();
            Tell(_generation.Application.LeaseEvents);
            return outcomes;
        }
        catch (StorageException failure)
        {
            _broken = failure;
            throw;
        }
        finally
        {
            _generation.Clear();
        }
    }

    /// <inheritdoc/>
    public IRowReader Read()
    {
        while (true)
        {
            var picture = Volatile.Read(ref _picture);
            if (picture.TryEnter())
            {
                return new RowReader(picture);
            }

            // It was replaced between the two lines above: the newer one is there.
            ObjectDisposedException.ThrowIf(_disposed, this);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StorageException">The disk failed; every later call fails the same way.</exception>
    public void Flush()
    {
        ThrowIfBroken();
        try
        {
            lock (_writingFiles)
            {
                OnDatabase(static database =>
                {
                    database.Flush();
                    return true;
                });
            }
        }
        catch (StorageException failure)
        {
            _broken = failure;
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StorageException">The disk failed; every later call fails the same way.</exception>
    public long SweepHistory(long most, CancellationToken stop)
    {
        ThrowIfBroken();
        return OnDatabase(database =>
        {
            if (_sweep?.Database != database)
            {
                _sweep = new HistorySweep(database);
            }

            return _sweep.Run(StoreFormat.ReadFloor(database), most, stop);
        });
    }

    /// <inheritdoc/>
    public long Unwritten => OnDatabase(static database => database.InMemory());

    /// <inheritdoc/>
    public StoreFigures Figures => OnDatabase(static database => database.Figures());

    /// <inheritdoc/>
    public long WorkingRoom => OnDatabase(static database => Math.Min(database.Space.Files, MostAtOnce));

    /// <inheritdoc/>
    public void Limit(long room) => OnDatabase(database =>
    {
        if (!database.Space.IsGivingBack)
        {
            database.Space.Set(room);
        }

        return true;
    });

    /// <inheritdoc/>
    /// <exception cref="StorageException">The disk failed; every later call fails the same way.</exception>
    public bool GiveBack(Func<long> free, bool all, CancellationToken stop)
    {
        ThrowIfBroken();
        lock (_writingFiles)
        {
            return OnDatabase(database =>
            {
                if (all)
                {
                    new HistorySweep(database).RunAt(StoreFormat.ReadFloor(database), stop);
                }

                Renew();
                var inMemory = all ? database.InMemory() : 0;
                if (free() < inMemory)
                {
                    return false;
                }

                if (all)
                {
                    database.Flush();
                }

                return SpaceReturn.Run(database, free, all, stop);
            });
        }
    }

    /// <inheritdoc/>
    /// <remarks>The copy's files are hard links where the file system allows it, and so cost next to nothing at first.</remarks>
    /// <exception cref="StorageException">
    /// It could not be made; nothing is left of it. The store itself goes on, unless writing out what was in memory failed.
    /// </exception>
    public AppliedPosition Checkpoint(string folder)
    {
        ThrowIfBroken();
        folder = Path.GetFullPath(folder);
        lock (_writingFiles)
        {
            return OnDatabase(database => StoreCopy.Make(database, folder));
        }
    }

    /// <inheritdoc/>
    public void SwitchTo(string folder, Action? left = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfBroken();
        var next = Generation.Open(Path.GetFullPath(folder), _options, Opening.Existing);
        var before = _picture;
        if (next.Start.Index < before.Position.Index)
        {
            next.Dispose();
            throw new InvariantException("a store is switched to a copy that is not behind it");
        }

        var old = _generation;
        _generation = next;
        lock (_writingFiles)
        {
            lock (_picturing)
            {
                before = _picture;
                Volatile.Write(ref _picture, new Picture(next.Database, next.Start, next.Floor));
            }

            // What it would still merge, nobody would read.
            old.Database.StopBackgroundWork();
        }

        old.Database.Closed = left;
        before.Leave();
        old.Dispose();
        LeaseListener?.Reset();
    }

    /// <summary>
    /// Brings everything to disk and closes the store; readers still open keep its files until they are disposed.
    /// </summary>
    /// <exception cref="StorageException">The disk failed.</exception>
    public void Dispose() => Close(flush: _broken is null);

    /// <summary>Closes the store as a kill leaves it: what was not written out is gone.</summary>
    internal void Abandon() => Close(flush: false);

    private void Close(bool flush)
    {
        if (_disposed)
        {
            return;
        }

        try
        {
            if (flush)
            {
                Flush();
            }
        }
        finally
        {
            _disposed = true;
            _picture.Leave();
            _generation.Dispose();
        }
    }

    /// <summary>Takes a new picture in place of the newest: nothing that was removed since is held back by that one.</summary>
    private void Renew()
    {
        lock (_picturing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var old = _picture;
            Volatile.Write(ref _picture, new Picture(old.Database, old.Position, old.Floor));
            old.Leave();
        }
    }

    /// <summary>Does something with the folder in use, again if another came into use meanwhile and this one failed.</summary>
    private T OnDatabase<T>(Func<Database, T> act)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var database = Volatile.Read(ref _picture).Database;
            if (!database.TryEnter())
            {
                continue;
            }

            try
            {
                return act(database);
            }
            catch (StorageException failure) when (database == Volatile.Read(ref _picture).Database)
            {
                if (database.IsStopped())
                {
                    _broken ??= failure;
                }

                throw;
            }
            catch (StorageException)
            {
                // The folder that failed is no longer the store's, and may be gone.
            }
            finally
            {
                database.Leave();
            }
        }
    }

    private void Tell(IReadOnlyList<LeaseEvent> events)
    {
        if (events.Count == 0 || LeaseListener is not { } listener)
        {
            return;
        }

        foreach (var (id, ttlMs) in events)
        {
            if (ttlMs > 0)
            {
                listener.Granted(id, ttlMs);
            }
            else
            {
                listener.Ended(id);
            }
        }
    }

    private void ThrowIfBroken()
    {
        if (_broken is { } failure)
        {
            throw new StorageException(failure.Folder, failure.Fault, "it failed before: " + failure.Reason, failure);
        }
    }
}
