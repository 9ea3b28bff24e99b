using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using RocksDbSharp;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Folders of format 1, made of the golden files as that version left them.</summary>
public sealed class StoreUpgradeTests : IDisposable
{
    private static readonly string[] FamiliesOf1 = ["rows", "history", "changes", "meta"];

    private readonly TemporaryFolder _folder = new();

    private string Old => _folder.Sub("old");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_upgraded_when_it_is_opened_and_goes_on()
    {
        MakeFormat1(Old);
        AppliedPosition position;
        using (var store = RowStore.Open(Old))
        {
            position = store.Applied;
            Assert.Equal((6, 3), (position.Index, position.Term));
            HoldsTheOldRows(store);
            Assert.Equal(position, store.Persisted);
            store.Do(new Operation.Put(Table, Bytes("new"), Bytes("v"), null, new LeaseTerm(0, 5_000)));
            Assert.Equal(position.Revision + 1, store.Row("new")!.Lease);
        }

        Assert.Equal([2], FormatOf(Old));
        using var again = RowStore.Open(Old);
        HoldsTheOldRows(again);
        Assert.Equal("v", again.Value("new"));
    }

    [Fact]
    public void It_has_the_history_of_a_store_that_was_always_new()
    {
        MakeFormat1(Old);
        using var upgraded = RowStore.Open(Old);
        using var made = RowStore.Open(_folder.Sub("new"));
        made.Apply(3, 2, Entry(1_700_000_000_000_000, Put("a\0b", "one", contentType: "text/plain"), Put("z")));
        made.Apply(4, 2, Entry(1_700_000_000_000_001, Put("a\0b", "two"), Put("u1", "x", table: "users")));
        made.Apply(6, 3, Entry(1_700_000_000_000_002, DeleteRange("a", "b"), Put("z", "z2", Precondition.Absent)));
        Assert.Equal(made.Applied, upgraded.Applied);
        upgraded.Do(Put("next"));
        made.Do(Put("next"));
        Assert.Equal(made.Applied, upgraded.Applied);
    }

    [Fact]
    public void A_crash_in_the_middle_of_it_is_made_good_by_the_next_start()
    {
        MakeFormat1(Old);
        // The families are made, the format is not written yet.
        Database.Open(Old, new RowStoreOptions()).Leave();
        Assert.Contains("keys", RocksDb.ListColumnFamilies(new DbOptions(), Old));
        Assert.Equal([1], FormatOf(Old));
        using (var store = RowStore.Open(Old))
        {
            HoldsTheOldRows(store);
        }

        Assert.Equal([2], FormatOf(Old));
    }

    [Fact]
    public void A_copy_that_another_version_sent_is_upgraded_too()
    {
        MakeFormat1(Old);
        Assert.Equal(6, RowStore.PositionOf(Old).Index);
        using var store = RowStore.Open(_folder.Sub("new"));
        store.SwitchTo(Old);
        HoldsTheOldRows(store);
        store.Do(new Operation.Put(Table, Bytes("new"), Bytes("v"), null, new LeaseTerm(0, 5_000)));
        Assert.Equal(6, RowStore.PositionOf(MakeFormat1(_folder.Sub("another"))).Index);
        Assert.Equal(7, store.Checkpoint(_folder.Sub("copy")).Index);
    }

    [Fact]
    public void A_folder_of_this_format_that_lacks_a_family_is_damaged()
    {
        MakeFormat1(Old, format: 2);
        Assert.Equal(StorageFault.Corrupt, Assert.Throws<StorageException>(() => RowStore.PositionOf(Old)).Fault);
        var failure = Assert.Throws<StorageException>(() => RowStore.Open(Old));
        Assert.Equal(StorageFault.Corrupt, failure.Fault);
        Assert.Contains("leaserows, keys", failure.Message, StringComparison.Ordinal);
    }

    private static void HoldsTheOldRows(RowStore store)
    {
        Assert.Equal("v", store.Value("z"));
        Assert.Equal("two", store.Value("a\0b", 3));
        Assert.Null(store.Value("a\0b"));
        Assert.Equal("x", store.Value("u1", table: "users"));
        Assert.Equal(0, store.Row("u1", table: "users")!.Lease);
    }

    private static byte[] FormatOf(string folder)
    {
        var database = Database.Open(folder, new RowStoreOptions(), Opening.ReadOnly);
        try
        {
            using var format = database.Get(Family.Meta, MetaRecords.FormatKey);
            return format.Bytes.ToArray();
        }
        finally
        {
            database.Leave();
        }
    }

    private static string MakeFormat1(string folder, byte format = 1)
    {
        var families = new ColumnFamilies();
        foreach (var name in FamiliesOf1)
        {
            families.Add(name, new ColumnFamilyOptions());
        }

        var options = new DbOptions().SetCreateIfMissing().SetCreateMissingColumnFamilies();
        using var rocks = RocksDb.Open(options, folder, families);
        foreach (var name in FamiliesOf1)
        {
            var dump = Golden.Read($"store-1-{name}").AsSpan();
            while (!dump.IsEmpty)
            {
                var key = Take(ref dump);
                var value = Take(ref dump);
                rocks.Put(key, key.AsSpan().SequenceEqual("format"u8) ? [format] : value, rocks.GetColumnFamily(name));
            }
        }

        return folder;
    }

    private static byte[] Take(ref Span<byte> dump)
    {
        var taken = dump.Slice(1, dump[0]).ToArray();
        dump = dump[(1 + dump[0])..];
        return taken;
    }
}
