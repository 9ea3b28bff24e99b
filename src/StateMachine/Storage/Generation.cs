namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// One open folder and what applies entries to it. A store goes from one to the next when it takes over a copy from
/// another node. For the thread that applies.
/// </summary>
internal sealed class Generation : IDisposable
{
    private Generation(Database database, in AppliedPosition start, long floor)
    {
        Database = database;
        Start = start;
        Floor = floor;
        Changes = new RowChanges(database);
        Application = new EntryApplication(Changes);
    }

    /// <summary>The folder. Who only reads it counts itself in first.</summary>
    public Database Database { get; }

    /// <summary>Where it stood when it was opened.</summary>
    public AppliedPosition Start { get; }

    /// <summary>The oldest revision that could be read when it was opened.</summary>
    public long Floor { get; }

    public RowChanges Changes { get; }

    public EntryApplication Application { get; }

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
                StoreFormat.Check(database);
            }

            return new Generation(database, StoreFormat.ReadPosition(database), StoreFormat.ReadFloor(database));
        }
        catch
        {
            database.Leave();
            throw;
        }
    }

    /// <summary>Lets the folder go; it closes when the last picture of it is gone too.</summary>
    public void Dispose()
    {
        Changes.Dispose();
        Database.Leave();
    }
}
