using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RocksDbSharp;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Folders that can't be used, and disks that fail.</summary>
public sealed class RowStoreRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.Sub("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_in_use_is_refused()
    {
        using var store = RowStore.Open(Store);
        Refused(StorageFault.Locked);
    }

    [Fact]
    public void A_folder_of_a_newer_format_is_refused()
    {
        RowStore.Open(Store).Dispose();
        Rewrite(MetaRecords.FormatKey, [StoreFormat.Current + 1]);
        Assert.Contains("newer version", Refused(StorageFault.NewerFormat).Message, StringComparison.Ordinal);
        Rewrite(MetaRecords.FormatKey, [StoreFormat.Current]);
        RowStore.Open(Store).Dispose();
    }

    [Fact]
    public void A_folder_with_an_unknown_column_family_is_refused()
    {
        RowStore.Open(Store).Dispose();
        var families = new ColumnFamilies();
        foreach (var name in RocksDb.ListColumnFamilies(new DbOptions(), Store))
        {
            families.Add(name, new ColumnFamilyOptions());
        }

        using (var rocks = RocksDb.Open(new DbOptions(), Store, families))
        {
            rocks.CreateColumnFamily(new ColumnFamilyOptions(), "leases");
        }

        Assert.Contains("'leases'", Refused(StorageFault.NewerFormat).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_format_is_refused()
    {
        RowStore.Open(Store).Dispose();
        Rewrite(MetaRecords.FormatKey, [1, 1]);
        Refused(StorageFault.Corrupt);
    }

    [Fact]
    public void A_path_that_is_a_file_is_refused()
    {
        File.WriteAllText(Store, "");
        Refused(StorageFault.Disk);
    }

    [Fact]
    public void Damage_on_disk_is_noticed_and_not_served()
    {
        using (var store = RowStore.Open(Store))
        {
            store.Do(Put("a", new string('x', 3000)));
        }

        foreach (var file in Directory.GetFiles(Store, "*.sst"))
        {
            var bytes = File.ReadAllBytes(file);
            bytes[10] ^= 0x40;
            File.WriteAllBytes(file, bytes);
        }

        var failure = Assert.Throws<StorageException>(() =>
        {
            using var store = RowStore.Open(Store);
            return store.Value("a");
        });
        Assert.Equal(StorageFault.Corrupt, failure.Fault);
        Assert.Contains(Store, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_failed_write_to_disk_nothing_goes_on()
    {
        var store = RowStore.Open(Store);
        store.Do(Put("a"));
        // The folder vanishes under it: the next file can't be made.
        Directory.Move(Store, _folder.Sub("elsewhere"));
        Assert.Contains(Store, Assert.Throws<StorageException>(store.Flush).Message, StringComparison.Ordinal);
        Assert.Throws<StorageException>(() => store.Do(Put("b")));
        Assert.Throws<StorageException>(store.Flush);
        Assert.Equal(1, store.Applied.Index);
        store.Dispose();
    }

    [Fact]
    public void Reads_below_the_compaction_floor_are_told()
    {
        using (var store = RowStore.Open(Store))
        {
            store.Do(Put("a", "1"), Put("a", "2"), Put("a", "3"));
        }

        var floor = new byte[MetaRecords.FloorLength];
        MetaRecords.WriteFloor(floor, 2);
        Rewrite(MetaRecords.FloorKey, floor);
        using var again = RowStore.Open(Store);
        using var reader = again.Read();
        Assert.Equal(2, reader.OldestRevision);
        Assert.Equal("2", Text(reader.Get(Table, Bytes("a"), 2)!.Value));
        Assert.Throws<InvariantException>(() => reader.Get(Table, Bytes("a"), 1));
    }

    private StorageException Refused(StorageFault fault)
    {
        var failure = Assert.Throws<StorageException>(() => RowStore.Open(Store));
        Assert.Equal(fault, failure.Fault);
        Assert.Equal(Store, failure.Folder);
        Assert.Contains(Store, failure.Message, StringComparison.Ordinal);
        return failure;
    }

    private void Rewrite(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => StoreFiles.Rewrite(Store, key, value);
}
