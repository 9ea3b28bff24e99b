using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>What is on disk after a good end and a bad one.</summary>
public sealed class RowStoreDurabilityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_clean_close_keeps_everything()
    {
        AppliedPosition position;
        using (var store = Open())
        {
            Fill(store, 1, 10);
            position = store.Applied;
        }

        using var again = Open();
        Assert.Equal(position, again.Applied);
        Assert.Equal(position, again.Persisted);
        Assert.Equal("9", again.Value("same", 18));
    }

    [Fact]
    public void Persisted_moves_with_a_flush_and_not_before()
    {
        using var store = Open();
        Fill(store, 1, 10);
        Assert.Equal(0, store.Persisted.Index);
        store.Flush();
        Assert.Equal(store.Applied, store.Persisted);
        Fill(store, 11, 12);
        Assert.Equal(10, store.Persisted.Index);
    }

    [Fact]
    public void After_a_kill_the_log_replays_from_what_was_persisted()
    {
        using var steady = RowStore.Open(_folder.Sub("steady"));
        Fill(steady, 1, 20);
        var store = Open();
        Fill(store, 1, 10);
        store.Flush();
        Fill(store, 11, 20);
        store.Abandon();

        using var again = Open();
        Assert.Equal(10, again.Applied.Index);
        Assert.Equal("10", again.Value("same"));
        Fill(again, 11, 20);
        Assert.Equal(steady.Applied, again.Applied);
    }

    [Fact]
    public void A_copy_of_the_files_taken_while_open_stands_at_an_entrys_end()
    {
        using var store = Open();
        Fill(store, 1, 10);
        store.Flush();
        Fill(store, 11, 20);
        var copy = Directory.CreateDirectory(_folder.Sub("copy")).FullName;
        foreach (var files in new[] { "CURRENT", "MANIFEST-*", "*.sst" })
        {
            foreach (var file in Directory.GetFiles(_folder.Sub("store"), files))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }
        }

        using var again = RowStore.Open(copy);
        Assert.Equal(10, again.Applied.Index);
        Fill(again, 11, 20);
        Assert.Equal(store.Applied, again.Applied);
    }

    [Fact]
    public async Task Flushing_goes_on_beside_applying()
    {
        const int entries = 2_000;
        using var store = Open();
        using var done = new CancellationTokenSource();
        var flushing = Task.Run(() =>
        {
            do
            {
                var applied = store.Applied.Index;
                store.Flush();
                // An entry that is written may not be shown yet.
                Assert.InRange(store.Persisted.Index, applied, store.Applied.Index + 1);
            }
            while (!done.IsCancellationRequested);
        }, TestContext.Current.CancellationToken);
        Fill(store, 1, entries);
        await done.CancelAsync();
        await flushing;
        store.Abandon();

        using var again = Open();
        Fill(again, again.Applied.Index + 1, entries);
        using var steady = RowStore.Open(_folder.Sub("steady"));
        Fill(steady, 1, entries);
        Assert.Equal(steady.Applied, again.Applied);
    }

    [Fact]
    public void A_malformed_entry_leaves_the_rows_as_they_were()
    {
        using var store = Open();
        Fill(store, 1, 3);
        var before = store.Applied;
        var entry = Entry(9, Put("x"), Put("y"));
        Assert.Throws<InvariantException>(() => store.Apply(4, 1, entry.AsMemory(0, entry.Length - 1)));
        Assert.Equal(before, store.Applied);
        Assert.Null(store.Value("x"));
        Fill(store, 4, 4);
        Assert.Equal(4, store.Applied.Index);
        Assert.Equal(1, Assert.IsType<Outcome.Written>(Assert.Single(store.Apply(5, 1, Entry(5, Put("x"))))).Version);
    }

    private static void Fill(RowStore store, long from, long to)
    {
        for (var index = from; index <= to; index++)
        {
            store.Apply(index, 1, Entry(index, Put("same", $"{index}"), Put($"own {index}", new string('x', 100))));
        }
    }

    private RowStore Open() => RowStore.Open(_folder.Sub("store"), new RowStoreOptions { WriteBufferBytes = 1 << 20 });
}
