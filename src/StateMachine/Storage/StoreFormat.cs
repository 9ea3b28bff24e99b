using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>The format of a whole store, written when it is made and checked whenever it is opened.</summary>
internal static class StoreFormat
{
    public const byte Current = 2;

    /// <summary>The families that a store of format 1 does not have.</summary>
    public static readonly Family[] FamiliesSince2 = [Family.LeaseRows, Family.Keys];

    // A store of format 1 has no leases and no idempotency keys: it becomes one of this format with their families empty.
    private const byte WithoutLeases = 1;

    /// <summary>Refuses a folder of a newer format, and gives an empty one its beginning.</summary>
    public static void CheckOrMake(Database database)
    {
        if (Read(database) is { } format)
        {
            Upgrade(database, format);
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
    public static byte Check(Database database) => Read(database)
        ?? throw new StorageException(database.Folder, StorageFault.Corrupt, "it holds no format: no store was made in it");

    /// <summary>Refuses a folder of a newer format, or of none, and brings one of an older format up to this one.</summary>
    public static void CheckAndUpgrade(Database database) => Upgrade(database, Check(database));

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

    /// <summary>How many outcomes a store of this format keeps, and how long their records are together.</summary>
    public static (long Count, long Bytes) ReadKeys(Database database)
    {
        using var keys = database.Get(Family.Meta, MetaRecords.KeysKey);
        return keys.Found ? Read(database, keys, MetaRecords.ReadKeys) : default;
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

    /// <summary>The refusal of a folder in which families are missing that its format has.</summary>
    public static StorageException Lacks(string folder, IEnumerable<Family> families) => new(
        folder,
        StorageFault.Corrupt,
        $"it lacks the column families {string.Join(", ", families.Order()).ToLowerInvariant()}");

    private static void Upgrade(Database database, byte format)
    {
        if (format == Current)
        {
            return;
        }

        Invariant.Holds(format == WithoutLeases, "every older format is upgraded");
        using var batch = new WriteBatch();
        database.Put(batch, Family.Meta, MetaRecords.FormatKey, [Current]);
        database.Write(batch);
        database.Flush();
    }

    private static byte? Read(Database database)
    {
        using var record = database.Get(Family.Meta, MetaRecords.FormatKey);
        if (!record.Found)
        {
            return null;
        }

        var format = Read(database.Folder, record.Bytes);
        var lacked = database.Lacked.Except(format == WithoutLeases ? FamiliesSince2 : []).ToList();
        return lacked.Count > 0 ? throw Lacks(database.Folder, lacked) : format;
    }

    private static byte Read(string folder, ReadOnlySpan<byte> format)
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

        return format[0];
    }
}
