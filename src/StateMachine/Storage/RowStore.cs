namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// The replicated rows in one folder, by RocksDB without a log of its own: after a crash it stands at the end of
/// some entry, at least at what was <see cref="Persisted"/>, and the Raft log replays the rest.
/// </summary>
public sealed class RowStore : IStateMachine
{
    private readonly Database _database;
    private readonly RowChanges _changes;
    private readonly EntryApplication _application;
    private Picture _picture;
    private volatile StorageException? _broken;
    private bool _disposed;

    private RowStore(Database database, in AppliedPosition position, long floor)
    {
        _database = database;
        _changes = new RowChanges(database);
        _application = new EntryApplication(_changes);
        _picture = new Picture(database, position, floor);
    }

    /// <inheritdoc/>
    public AppliedPosition Applied => Volatile.Read(ref _picture).Position;

    /// <inheritdoc/>
    /// <remarks>Read from disk, so it moves on when RocksDB writes out by itself too.</remarks>
    /// <exception cref="StorageException">The store's disk failed, if only behind the scenes.</exception>
    public AppliedPosition Persisted
    {
        get
        {
            Enter();
            try
            {
                _database.ThrowOnBackgroundErrors();
                using var record = _database.GetPersisted(Family.Meta, MetaRecords.AppliedKey);
                Invariant.Holds(record.Found, "a store's position is on disk since it was made");
                return MetaRecords.ReadPosition(record.Bytes);
            }
            finally
            {
                _database.Leave();
            }
        }
    }

    /// <summary>Opens the store in a folder, or makes a new one there.</summary>
    /// <param name="folder">The folder, made when it is missing.</param>
    /// <param name="options">Its share of the machine.</param>
    /// <exception cref="StorageException">The folder can't be used, or a newer version of this code wrote it.</exception>
    public static RowStore Open(string folder, RowStoreOptions? options = null)
    {
        var database = Database.Open(Path.GetFullPath(folder), options ?? new RowStoreOptions());
        try
        {
            StoreFormat.CheckOrMake(database);
            using var applied = database.Get(Family.Meta, MetaRecords.AppliedKey);
            using var floor = database.Get(Family.Meta, MetaRecords.FloorKey);
            Invariant.Holds(applied.Found && floor.Found, "a store's format, position and floor are written together");
            return new RowStore(
                database, MetaRecords.ReadPosition(applied.Bytes), MetaRecords.ReadFloor(floor.Bytes));
        }
        catch
        {
            database.Leave();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StorageException">The disk failed; every later call fails the same way.</exception>
    public IReadOnlyList<Outcome> Apply(long index, long term, ReadOnlyMemory<byte> entry)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfBroken();
        var before = _picture;
        try
        {
            var after = _application.Apply(before.Position, index, term, entry.Span, out var outcomes);
            _changes.Commit(after);
            Volatile.Write(ref _picture, new Picture(_database, after, before.Floor));
            before.Leave();
            return outcomes;
        }
        catch (StorageException failure)
        {
            _broken = failure;
            throw;
        }
        finally
        {
            _changes.Clear();
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
        Enter();
        try
        {
            _database.Flush();
        }
        catch (StorageException failure)
        {
            _broken = failure;
            throw;
        }
        finally
        {
            _database.Leave();
        }
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
            _changes.Dispose();
            _picture.Leave();
            _database.Leave();
        }
    }

    private void Enter() => ObjectDisposedException.ThrowIf(_disposed || !_database.TryEnter(), this);

    private void ThrowIfBroken()
    {
        if (_broken is { } failure)
        {
            throw new StorageException(failure.Folder, failure.Fault, "it failed before: " + failure.Message, failure);
        }
    }
}
