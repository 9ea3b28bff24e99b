using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>A store that goes on with another node's copy.</summary>
public sealed class RowStoreSwitchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Copy => _folder.Sub("copy");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void New_readers_see_the_copy_and_open_ones_keep_the_old_rows()
    {
        using var store = Open("old");
        store.Do(Put("a", "old"), Put("b", "old"));
        var copied = MakeCopy(store => store.Do(Put("b", "new"), Put("c", "new"), Put("d", "new")));
        var reader = store.Read();
        using var range = reader.Range(Table, KeyRange.All, 2).GetEnumerator();
        Assert.True(range.MoveNext());

        store.SwitchTo(Copy);
        Assert.Equal(copied, store.Applied);
        Assert.Equal(copied, store.Persisted);
        Assert.Equal(["b", "c", "d"], store.Keys(KeyRange.All));
        store.Do(Put("e", "newer"));
        Assert.Equal("newer", store.Value("e"));

        Assert.Equal(2, reader.Position.Revision);
        Assert.True(range.MoveNext());
        Assert.Equal("b=old", $"{Text(range.Current.Key)}={Text(range.Current.Value)}");
        Assert.False(range.MoveNext());
        Assert.Equal("old", Text(reader.Get(Table, Bytes("a"), 2)!.Value));
        Assert.Equal(StorageFault.Locked, Assert.Throws<StorageException>(() => Open("old")).Fault);
        reader.Dispose();
        Open("old").Dispose();
    }

    [Fact]
    public void An_open_reader_reads_on_when_the_old_folder_is_removed()
    {
        // More than the cache holds, and on disk, so that the files are what is read.
        const int rows = 400;
        using var store = Open("old");
        for (var row = 0; row < rows; row++)
        {
            store.Do(Put($"{row:d4}", $"{row}".PadRight(10_000)));
        }

        store.Flush();
        store.Do(Put("0000", "in memory"));
        MakeCopy(store => store.Apply(1_000, 1, default));
        using var reader = store.Read();
        using var range = reader.Range(Table, KeyRange.All, rows + 1).GetEnumerator();
        Assert.True(range.MoveNext());
        store.SwitchTo(Copy);
        Directory.Delete(_folder.Sub("old"), recursive: true);

        Assert.Equal("in memory", Text(range.Current.Value));
        for (var row = 1; row < rows; row++)
        {
            Assert.True(range.MoveNext());
            Assert.Equal($"{row}".PadRight(10_000), Text(range.Current.Value));
            Assert.Equal($"{row}".PadRight(10_000), Text(reader.Get(Table, Bytes($"{row:d4}"), row + 1)!.Value));
        }

        Assert.Equal("0".PadRight(10_000), Text(reader.Get(Table, Bytes("0000"), rows)!.Value));
        Assert.Equal(rows, reader.Count(Table, KeyRange.All, rows + 1));
        reader.Dispose();
        Assert.False(Path.Exists(_folder.Sub("old")));
        Assert.Empty(store.Keys(KeyRange.All));
    }

    [Fact]
    public void After_a_kill_the_copy_stands_where_it_was_persisted()
    {
        var store = Open("old");
        store.Do(Put("gone"));
        MakeCopy(store => store.Do(Put("a", "1")));
        store.SwitchTo(Copy);
        store.Do(Put("a", "2"));
        store.Flush();
        var persisted = store.Persisted;
        Assert.Equal(store.Applied, persisted);
        store.Do(Put("a", "3"));
        Assert.Equal(persisted, store.Persisted);
        store.Abandon();

        using var again = Open("copy");
        Assert.Equal(persisted, again.Applied);
        Assert.Equal("2", again.Value("a"));
        using var before = Open("old");
        Assert.Equal(0, before.Applied.Index);
    }

    [Fact]
    public void A_copy_that_is_behind_is_refused()
    {
        using var store = Open("old");
        store.Do(Put("a"));
        store.Do(Put("b"));
        MakeCopy(store => store.Do(Put("c")));
        Assert.Throws<InvariantException>(() => store.SwitchTo(Copy));
        GoesOn(store);
        Open("copy").Dispose();
    }

    [Fact]
    public void A_copy_at_the_same_index_is_taken()
    {
        using var store = Open("old");
        store.Do(Put("a"));
        Assert.Equal(store.Applied, store.Checkpoint(Copy));
        store.SwitchTo(Copy);
        GoesOn(store);
    }

    [Theory]
    [InlineData("*.sst", Damage.Cut)]
    [InlineData("*.sst", Damage.Missing)]
    [InlineData("MANIFEST-*", Damage.Flipped)]
    [InlineData("MANIFEST-*", Damage.Cut)]
    [InlineData("MANIFEST-*", Damage.Missing)]
    [InlineData("CURRENT", Damage.Flipped)]
    [InlineData("CURRENT", Damage.Cut)]
    [InlineData("CURRENT", Damage.Missing)]
    public void A_damaged_copy_is_refused_and_the_old_rows_stay(string files, Damage damage)
    {
        using var store = Open("old");
        MakeCopy(store => store.Do(Put("a", new string('x', 3_000)), Put("a")));
        var intact = _folder.Sub("intact");
        Directory.Move(Copy, intact);
        foreach (var damaged in Directory.GetFiles(intact, files))
        {
            Directory.CreateDirectory(Copy);
            foreach (var file in Directory.GetFiles(intact))
            {
                File.Copy(file, Path.Combine(Copy, Path.GetFileName(file)));
            }

            Spoil(Path.Combine(Copy, Path.GetFileName(damaged)), damage);
            Assert.Equal(StorageFault.Corrupt, Assert.Throws<StorageException>(() => RowStore.PositionOf(Copy)).Fault);
            var failure = Assert.Throws<StorageException>(() => store.SwitchTo(Copy));
            Assert.Equal(StorageFault.Corrupt, failure.Fault);
            Assert.Contains(Copy, failure.Message, StringComparison.Ordinal);
            GoesOn(store);
            Directory.Delete(Copy, recursive: true);
        }
    }

    [Fact]
    public void A_folder_without_a_store_is_refused_and_none_is_made_in_it()
    {
        using var store = Open("old");
        Assert.Equal(StorageFault.Disk, Assert.Throws<StorageException>(() => store.SwitchTo(Copy)).Fault);
        Assert.Equal(StorageFault.Disk, Assert.Throws<StorageException>(() => RowStore.PositionOf(Copy)).Fault);
        Assert.False(Path.Exists(Copy));
        Directory.CreateDirectory(Copy);
        Assert.Equal(StorageFault.Corrupt, Assert.Throws<StorageException>(() => store.SwitchTo(Copy)).Fault);
        Assert.Equal(StorageFault.Corrupt, Assert.Throws<StorageException>(() => RowStore.PositionOf(Copy)).Fault);
        Assert.Empty(Directory.GetFileSystemEntries(Copy));
        GoesOn(store);
    }

    [Fact]
    public void A_copy_of_a_newer_format_is_refused()
    {
        MakeCopy(store => store.Do(Put("a")));
        StoreFiles.Rewrite(Copy, MetaRecords.FormatKey, [StoreFormat.Current + 1]);
        using var store = Open("old");
        Assert.Equal(StorageFault.NewerFormat, Assert.Throws<StorageException>(() => store.SwitchTo(Copy)).Fault);
        Assert.Equal(StorageFault.NewerFormat, Assert.Throws<StorageException>(() => RowStore.PositionOf(Copy)).Fault);
        GoesOn(store);
    }

    [Fact]
    public void A_copy_with_a_damaged_position_is_refused()
    {
        MakeCopy(store => store.Do(Put("a")));
        StoreFiles.Rewrite(Copy, MetaRecords.AppliedKey, [MetaRecords.Format, 1, 2]);
        using var store = Open("old");
        Assert.Equal(StorageFault.Corrupt, Assert.Throws<StorageException>(() => store.SwitchTo(Copy)).Fault);
        Assert.Equal(StorageFault.Corrupt, Assert.Throws<StorageException>(() => RowStore.PositionOf(Copy)).Fault);
        GoesOn(store);
    }

    [Fact]
    public async Task Readers_flushes_and_copies_go_on_beside_switches_and_removed_folders()
    {
        const int switches = 25;
        using var source = Open("source");
        using var store = Open("0");
        using var done = new CancellationTokenSource();
        var beside = new Action<int>[]
        {
            _ =>
            {
                using var reader = store.Read();
                var position = reader.Position;
                Assert.Equal(position.Index, reader.Count(Table, KeyRange.All, position.Revision));
                Assert.InRange(store.Applied.Index, position.Index, long.MaxValue);
            },
            _ =>
            {
                var applied = store.Applied.Index;
                store.Flush();
                Assert.InRange(store.Persisted.Index, applied, store.Applied.Index);
            },
            round =>
            {
                var applied = store.Applied.Index;
                var folder = _folder.Sub($"beside {round}");
                Assert.InRange(store.Checkpoint(folder).Index, applied, store.Applied.Index);
                Directory.Delete(folder, recursive: true);
            },
        }.Select(act => Task.Run(() =>
        {
            for (var round = 0; !done.IsCancellationRequested; round++)
            {
                act(round);
            }
        }, TestContext.Current.CancellationToken)).ToArray();
        for (var round = 1; round <= switches; round++)
        {
            // The source is always one ahead, and both make the same row of the same entry.
            for (var index = source.Applied.Index; index < (40 * round) + 1; index++)
            {
                source.Do(Put($"{index:d5}"));
            }

            for (var index = store.Applied.Index; index < 40 * round; index++)
            {
                store.Do(Put($"{index:d5}"));
            }

            source.Checkpoint(_folder.Sub($"{round}"));
            store.SwitchTo(_folder.Sub($"{round}"));
            Remove(_folder.Sub($"{round - 1}"));
            Assert.Equal(source.Applied, store.Applied);
        }

        await done.CancelAsync();
        await Task.WhenAll(beside);
        GoesOn(store);
    }

    [Fact]
    public void A_closed_store_neither_copies_nor_switches()
    {
        MakeCopy(store => store.Do(Put("a")));
        var store = Open("old");
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.SwitchTo(Copy));
        Assert.Throws<ObjectDisposedException>(() => store.Checkpoint(_folder.Sub("another")));
        Assert.False(Path.Exists(_folder.Sub("another")));
    }

    /// <summary>A last file of RocksDB's may still come while its readers leave: then once more.</summary>
    private static void Remove(string folder)
    {
        while (Directory.Exists(folder))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static void GoesOn(RowStore store)
    {
        var before = store.Applied.Index;
        store.Do(Put("goes on"));
        Assert.Equal("v", store.Value("goes on"));
        store.Flush();
        Assert.Equal(before + 1, store.Persisted.Index);
    }

    private static void Spoil(string file, Damage damage)
    {
        var bytes = File.ReadAllBytes(file);
        switch (damage)
        {
            case Damage.Cut:
                File.WriteAllBytes(file, bytes.AsSpan(0, bytes.Length / 2));
                break;
            case Damage.Flipped:
                bytes[bytes.Length / 2] ^= 0x40;
                File.WriteAllBytes(file, bytes);
                break;
            case Damage.Missing:
                File.Delete(file);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(damage), damage, "unknown");
        }
    }

    /// <summary>Another store's copy, at "copy".</summary>
    private AppliedPosition MakeCopy(Action<RowStore> fill)
    {
        using var other = Open("other");
        fill(other);
        return other.Checkpoint(Copy);
    }

    private RowStore Open(string name) => RowStore.Open(
        _folder.Sub(name), new RowStoreOptions { BlockCacheBytes = 1 << 20, WriteBufferBytes = 1 << 20 });

    public enum Damage
    {
        Cut,
        Flipped,
        Missing,
    }
}
