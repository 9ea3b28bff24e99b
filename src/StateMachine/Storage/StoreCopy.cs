namespace RaftCluster.StateMachine.Storage;

/// <summary>Copies of a store: whole folders that stand at some entry's end.</summary>
internal static class StoreCopy
{
    // A copy that is only looked at needs next to no memory.
    private static readonly RowStoreOptions Glance = new() { BlockCacheBytes = 1 << 20, WriteBufferBytes = 1 << 20 };

    /// <summary>Makes one, or leaves nothing behind.</summary>
    /// <param name="database">The store, which the caller keeps open meanwhile.</param>
    /// <param name="folder">The copy's full path; nothing is there, and its parent is a folder.</param>
    /// <returns>The position the copy stands at.</returns>
    /// <exception cref="StorageException">It was not made.</exception>
    public static AppliedPosition Make(Database database, string folder)
    {
        if (Path.Exists(folder))
        {
            throw Refusal(database, folder, StorageFault.Disk, "there is something already");
        }

        if (!Directory.Exists(Path.GetDirectoryName(folder)))
        {
            throw Refusal(database, folder, StorageFault.Disk, "its parent folder is missing");
        }

        try
        {
            database.CopyTo(folder);
            RemoveEmptyLogs(folder);
            return PositionOf(folder);
        }
        catch (Exception failure) when (failure is StorageException or IOException or UnauthorizedAccessException)
        {
            var left = TryRemove(folder) ?? TryRemove(folder + ".tmp");
            var (fault, reason) = failure is StorageException known
                ? (known.Fault, known.Reason)
                : (StorageFault.Disk, failure.Message);
            throw Refusal(database, folder, fault, reason + left, failure);
        }
    }

    /// <summary>Reads where a copy stands, without a trace in it.</summary>
    /// <exception cref="StorageException">It is damaged, or a newer version of this code made it.</exception>
    public static AppliedPosition PositionOf(string folder) => Look(folder, StoreFormat.ReadPosition);

    /// <summary>Reads all of a copy, without a trace in it, and compares every block with its checksum.</summary>
    /// <returns>Where it stands.</returns>
    /// <exception cref="StorageException">It is damaged, or a newer version of this code made it.</exception>
    public static AppliedPosition Verify(string folder) => Look(folder, static database =>
    {
        database.VerifyChecksums();
        return StoreFormat.ReadPosition(database);
    });

    /// <summary>Reads the oldest revision that a copy has, without a trace in it.</summary>
    /// <exception cref="StorageException">It is damaged, or a newer version of this code made it.</exception>
    public static long FloorOf(string folder) => Look(folder, StoreFormat.ReadFloor);

    /// <summary>Opens a copy so that it is only read.</summary>
    /// <exception cref="StorageException">It is damaged, or a newer version of this code made it.</exception>
    public static Database OpenToLook(string folder)
    {
        var database = Database.Open(folder, Glance, Opening.ReadOnly);
        try
        {
            StoreFormat.Check(database);
            return database;
        }
        catch
        {
            database.Leave();
            throw;
        }
    }

    private static T Look<T>(string folder, Func<Database, T> at)
    {
        var database = OpenToLook(folder);
        try
        {
            return at(database);
        }
        finally
        {
            database.Leave();
        }
    }

    private static StorageException Refusal(
        Database database, string folder, StorageFault fault, string why, Exception? cause = null) =>
        new(database.Folder, fault, $"no copy of it was made in {folder}: {why}", cause);

    // RocksDB copies its own log even when nothing is ever written to it.
    private static void RemoveEmptyLogs(string folder)
    {
        foreach (var log in Directory.GetFiles(folder, "*.log"))
        {
            Invariant.Holds(new FileInfo(log).Length == 0, "RocksDB's own log is off");
            File.Delete(log);
        }
    }

    // What it says goes behind the failure's message.
    private static string? TryRemove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"; and {folder} could not be removed: {failure.Message}";
        }
    }
}
