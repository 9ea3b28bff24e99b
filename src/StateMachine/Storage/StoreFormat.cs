using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>The format of a whole store, written when it is made and checked whenever it is opened.</summary>
internal static class StoreFormat
{
    public const byte Current = 1;

    /// <summary>Refuses a folder of a newer format, and gives an empty one its beginning.</summary>
    public static void CheckOrMake(Database database)
    {
        if (IsKnown(database))
        {
            return;
        }

        Span<byte> position = stackalloc byte[MetaRecords.PositionLength];
        MetaRecords.WritePosition(position, default(AppliedPosition));
        Span<byte> floor = stackalloc byte[MetaRecords.FloorLength];
        MetaRecords.WriteFloor(floor, 0);
        using var batch = new WriteBatch();
        database.Put(batch, Family.Meta, MetaRecords.FormatKey, [Current]);
        database.Put(batch, Family.Meta, MetaRecords.AppliedKey, position);
        database.Put(batch, Family.Meta, MetaRecords.FloorKey, floor);
        database.Write(batch);
        database.Flush();
    }

    /// <summary>Refuses a folder of a newer format, or of none.</summary>
    public static void Check(Database database)
    {
        if (!IsKnown(database))
        {
            throw new StorageException(database.Folder, StorageFault.Corrupt, "it holds no format: no store was made in it");
        }
    }

    /// <summary>Where a store of a known format stands.</summary>
    public static AppliedPosition ReadPosition(Database database)
    {
        using var applied = database.Get(Family.Meta, MetaRecords.AppliedKey);
        return Read(database, applied, MetaRecords.ReadPosition);
    }

    /// <summary>The oldest revision that a store of a known format can still read.</summary>
    public static long ReadFloor(Database database)
    {
        using var floor = database.Get(Family.Meta, MetaRecords.FloorKey);
        return Read(database, floor, MetaRecords.ReadFloor);
    }

    private static T Read<T>(Database database, in PinnedValue record, Func<ReadOnlySpan<byte>, T> read)
    {
        if (!record.Found)
        {
            throw new StorageException(database.Folder, StorageFault.Corrupt, "its position or floor is missing");
        }

        try
        {
            return read(record.Bytes);
        }
        catch (InvariantException damage)
        {
            throw new StorageException(database.Folder, StorageFault.Corrupt, damage.Message, damage);
        }
    }

    private static bool IsKnown(Database database)
    {
        using var format = database.Get(Family.Meta, MetaRecords.FormatKey);
        if (format.Found)
        {
            Check(database.Folder, format.Bytes);
        }

        return format.Found;
    }

    private static void Check(string folder, ReadOnlySpan<byte> format)
    {
        if (format.Length != 1 || format[0] == 0)
        {
            throw new StorageException(folder, StorageFault.Corrupt, "its format number is damaged");
        }

        if (format[0] > Current)
        {
            throw new StorageException(
                folder,
                StorageFault.NewerFormat,
                $"its format is {format[0]}, this version knows up to {Current}: a newer version wrote it");
        }
    }
}
