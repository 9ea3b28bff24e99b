using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Copies of a store: where they stand, what they consist of, and what is refused.</summary>
public sealed class RowStoreCopyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Copy => _folder.Sub("copy");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Copies_made_beside_applying_stand_at_an_entrys_end_and_go_on_from_there()
    {
        const int entries = 3_000;
        var log = Enumerable.Range(1, entries).Select(Entry).ToArray();
        var hashes = new UInt128[entries + 1];
        using (var model = new ModelStore())
        {
            foreach (var entry in log)
            {
                Feed(model, entry);
                hashes[model.Applied.Index] = model.Applied.StateHash;
            }
        }

        using var store = Open("store");
        using var done = new CancellationTokenSource();
        var copying = Enumerable.Range(0, 2).Select(copier => Task.Run(() =>
        {
            var copies = new List<(string Folder, AppliedPosition Position)>();
            do
            {
                var folder = _folder.Sub($"copy {copier} {copies.Count}");
                var applied = store.Applied.Index;
                var position = store.Checkpoint(folder);
                Assert.InRange(position.Index, applied, store.Applied.Index);
                Assert.InRange(store.Persisted.Index, position.Index, entries);
                copies.Add((folder, position));
            }
            while (!done.IsCancellationRequested);

            return copies;
        }, TestContext.Current.CancellationToken)).ToArray();
        foreach (var entry in log)
        {
            Feed(store, entry);
        }

        await done.CancelAsync();
        foreach (var (folder, position) in (await Task.WhenAll(copying)).SelectMany(copies => copies))
        {
            Assert.Equal(hashes[position.Index], position.StateHash);
            Assert.Equal(position, RowStore.PositionOf(folder));
            using var copy = Open(folder);
            Assert.Equal(position, copy.Applied);
            foreach (var entry in log.Skip((int)position.Index))
            {
                Feed(copy, entry);
            }

            Assert.Equal(store.Applied, copy.Applied);
            Assert.Equal(store.Keys(KeyRange.All), copy.Keys(KeyRange.All));
        }
    }

    [Fact]
    public void A_copy_is_a_few_files_in_one_folder_and_looking_at_it_leaves_none()
    {
        using var store = Open("store");
        store.Do(Put("a"));
        var position = store.Checkpoint(Copy);
        var before = Listing(Copy);
        Assert.Equal(position, RowStore.PositionOf(Copy));
        Assert.Equal(before, Listing(Copy));
        Assert.Empty(Directory.GetDirectories(Copy));
        Assert.All(
            Directory.GetFiles(Copy),
            file => Assert.Matches(@"^(CURRENT|MANIFEST-\d+|OPTIONS-\d+|\d+\.sst)$", Path.GetFileName(file)));
        Assert.False(Path.Exists(Copy + ".tmp"));
    }

    [Fact]
    public void A_copy_stays_what_it_was()
    {
        using var store = Open("store");
        store.Do(Put("a", "1"));
        var position = store.Checkpoint(Copy);
        store.Do(Put("a", "2"));
        store.Flush();
        using (var copy = Open("copy"))
        {
            Assert.Equal(position, copy.Applied);
            Assert.Equal("1", copy.Value("a"));
            copy.Do(Put("a", "another"));
        }

        Assert.Equal("2", store.Value("a"));
    }

    [Fact]
    public void A_copy_of_a_new_store_stands_at_the_beginning()
    {
        using var store = Open("store");
        Assert.Equal(default, store.Checkpoint(Copy));
        using var copy = Open("copy");
        Assert.Equal(default, copy.Applied);
    }

    [Fact]
    public void What_is_there_already_is_not_touched()
    {
        using var store = Open("store");
        store.Do(Put("a"));
        Directory.CreateDirectory(Copy);
        File.WriteAllText(Path.Combine(Copy, "mine"), "");
        Refused(store, Copy, "there is something already");
        Assert.Equal([Path.Combine(Copy, "mine")], Directory.GetFileSystemEntries(Copy));
        Refused(store, Path.Combine(Copy, "mine"), "there is something already");
    }

    [Fact]
    public void A_missing_parent_is_refused_and_not_made()
    {
        using var store = Open("store");
        Refused(store, Path.Combine(Copy, "below"), "its parent folder is missing");
        Assert.False(Path.Exists(Copy));
    }

    [Fact]
    public void A_copy_that_fails_in_the_middle_leaves_nothing_and_the_store_goes_on()
    {
        using var store = Open("store");
        store.Do(Put("a"));
        store.Flush();
        // A file that is open but has no name any more can't be linked.
        File.Delete(Directory.GetFiles(_folder.Sub("store"), "*.sst").Order().Last());
        Refused(store, Copy, "No such file");
        Refused(store, _folder.Sub(new string('x', 255)), "File name too long");
        Assert.Equal(["store"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        store.Do(Put("a", "2"));
        store.Flush();
        Assert.Equal(2, store.Persisted.Index);
    }

    [Fact]
    public void A_copy_that_finds_the_stores_own_disk_failed_says_so_ever_after()
    {
        var store = Open("store");
        store.Do(Put("a"));
        Directory.Move(_folder.Sub("store"), _folder.Sub("elsewhere"));
        Assert.Throws<StorageException>(() => store.Checkpoint(Copy));
        Assert.Equal(["elsewhere"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        Assert.Contains("failed before", Assert.Throws<StorageException>(() => store.Do(Put("b"))).Message, StringComparison.Ordinal);
        Assert.Throws<StorageException>(() => store.Checkpoint(Copy));
        store.Dispose();
    }

    private static void Refused(RowStore store, string folder, string because)
    {
        var failure = Assert.Throws<StorageException>(() => store.Checkpoint(folder));
        Assert.Equal(StorageFault.Disk, failure.Fault);
        Assert.Contains(folder, failure.Message, StringComparison.Ordinal);
        Assert.Contains(because, failure.Message, StringComparison.Ordinal);
    }

    private static string[] Listing(string folder) =>
        [.. Directory.GetFiles(folder).Order().Select(path => $"{path} {new FileInfo(path).Length} {File.GetLastWriteTimeUtc(path):O}")];

    private static byte[] Entry(int index) => Entries.Entry(
        index, Put($"{index % 50}", $"{index}"), Put($"own {index}", new string('x', 100)), Delete($"own {index - 7}"));

    private static void Feed(IStateMachine store, byte[] entry) => store.Apply(store.Applied.Index + 1, 1, entry);

    private RowStore Open(string name) =>
        RowStore.Open(_folder.Sub(name), new RowStoreOptions { WriteBufferBytes = 64 << 10 });
}
