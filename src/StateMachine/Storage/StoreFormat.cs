using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>The format of a whole store, written when it is made and checked whenever it is opened.</summary>
internal static class StoreFormat
{
    public const byte Current = 1;

    /// <summary>Refuses a folder of a newer format, and gives an empty one its beginning.</summary>
    public static void CheckOrMake(Database database)
    {
        using (var format = database.Get(Family.Meta, MetaRecords.FormatKey))
        {
            if (format.Found)
            {
                Check(database.Folder, format.Bytes);
                return;
            }
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
