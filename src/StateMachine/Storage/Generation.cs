namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// One open folder and what applies entries to it. A store goes from one to the next when it takes over a copy from
/// another node. For the thread that applies.
/// </summary>
internal sealed class Generation : IDisposable
{
    private readonly EntryBatch _batch;
    private readonly TableSizes _sizes;
    private readonly RowChanges _changes;
    private readonly KeptRecords _kept;

    private Generation(Database database, in AppliedPosition start, long floor)
    {
        Database = database;
        Start = start;
        _batch = new EntryBatch(database);
        _sizes = TableSizes.Open(database, _batch, start.Revision);
        _changes = new RowChanges(database, _batch, _sizes, floor);
        _kept = new KeptRecords(database, _batch);
        Application = new EntryApplication(_changes, _kept);
    }

    /// <summary>The folder. Who only reads it counts itself in first.</summary>
    public Database Database { get; }

    /// <summary>Where it stood when it was opened.</summary>
    public AppliedPosition Start { get; }

    /// <summary>The oldest revision that can be read.</summary>
    public long Floor => _changes.Floor;

    public EntryApplication Application { get; }

    /// <summary>The row changes of the entry that is being applied.</summary>
    public RowChanges Changes => _changes;

    /// <summary>The outcomes kept under idempotency keys.</summary>
    public KeptRecords Kept => _kept;

    /// <summary>Opens a folder.</summary>
    /// <exception cref="StorageException">It can't be used, a newer version of this code wrote it, or it is damaged.</exception>
    public static Generation Open(string folder, RowStoreOptions options, Opening opening)
    {
        var database = Database.Open(folder, options, opening);
        try
        {
            if (opening == Opening.OrMake)
            {
                StoreFormat.CheckOrMake(database);
            }
            else
            {
                StoreFormat.CheckAndUpgrade(database);
            }

            return new Generation(database, StoreFormat.ReadPosition(database), StoreFormat.ReadFloor(database));
        }
        catch
        {
            database.Leave();
            throw;
        }
    }

    /// <summary>Writes what the entry changed, and the position it leads to, at once.</summary>
    public void Commit(in AppliedPosition position)
    {
        Span<byte> record = stackalloc byte[MetaRecords.PositionLength];
        MetaRecords.WritePosition(record, position);
        _batch.Put(Family.Meta, MetaRecords.AppliedKey, record);
        _kept.Complete();
        _sizes.Complete(position.Revision);
        _batch.Write();
        _changes.Accept();
        _kept.Accept();
        _sizes.Accept();
    }

    /// <summary>Forgets the entry, written or not.</summary>
    public void Clear()
    {
        _changes.Clear();
        _kept.Clear();
        _sizes.Clear();
        _batch.Clear();
    }

    /// <summary>Lets the folder go; it closes when the last picture of it is gone too.</summary>
    public void Dispose()
    {
        _changes.Dispose();
        _batch.Dispose();
        Database.Leave();
    }
}
