using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>A picture stays what it was, whatever happens beside it.</summary>
public sealed class RowStorePictureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Later_writes_do_not_show()
    {
        using var store = Open();
        store.Do(Put("a", "old"), Put("b", "old"));
        using var reader = store.Read();
        var range = reader.Range(Table, KeyRange.All, 2).GetEnumerator();
        Assert.True(range.MoveNext());
        store.Do(Put("a", "new"), Delete("b"), Put("c"));
        store.Flush();
        Assert.Equal(2, reader.Position.Revision);
        Assert.Equal("old", Text(reader.Get(Table, Bytes("a"), 2)!.Value));
        Assert.Equal("old", Text(reader.Get(Table, Bytes("b"), 2)!.Value));
        Assert.Null(reader.Get(Table, Bytes("c"), 2));
        Assert.Equal("a", Text(range.Current.Key));
        Assert.True(range.MoveNext());
        Assert.Equal("b", Text(range.Current.Key));
        Assert.False(range.MoveNext());
        Assert.Equal(["a", "c"], store.Keys(KeyRange.All));
    }

    [Fact]
    public async Task Readers_beside_writes_see_whole_entries_and_their_position()
    {
        const int entries = 3_000;
        using var store = Open();
        store.Do(Put("first", "1"), Put("last", "1"));
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var newest = 0L;
            do
            {
                using var reader = store.Read();
                var position = reader.Position;
                Assert.InRange(position.Index, newest, store.Applied.Index);
                newest = position.Index;
                // The entry at index i writes i to both rows, and nothing else does.
                var expected = $"{position.Index}";
                Assert.Equal(expected, Text(reader.Get(Table, Bytes("first"), position.Revision)!.Value));
                Assert.Equal(expected, Text(reader.Get(Table, Bytes("last"), position.Revision)!.Value));
                Assert.Equal(
                    [expected, expected],
                    reader.Range(Table, KeyRange.All, position.Revision).Select(row => Text(row.Value)));
                var half = position.Index / 2;
                Assert.Equal(half == 0 ? null : $"{half}", reader.Get(Table, Bytes("last"), 2 * half) is { } old
                    ? Text(old.Value)
                    : null);
            }
            while (!done.IsCancellationRequested);
        }, TestContext.Current.CancellationToken)).ToArray();
        for (var index = 2; index <= entries; index++)
        {
            store.Do(Put("first", $"{index}"), Put("last", $"{index}"));
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public void A_reader_outlives_its_store()
    {
        var store = Open();
        store.Do(Put("a", "1"));
        var reader = store.Read();
        store.Dispose();
        Assert.Equal("1", Text(reader.Get(Table, Bytes("a"), 1)!.Value));
        Assert.Equal(StorageFault.Locked, Assert.Throws<StorageException>(Open).Fault);
        reader.Dispose();
        using var again = Open();
        Assert.Equal("1", again.Value("a"));
    }

    [Fact]
    public void What_is_disposed_is_not_used()
    {
        var store = Open();
        store.Do(Put("a"), Put("b"));
        var reader = store.Read();
        var range = reader.Range(Table, KeyRange.All, 2).GetEnumerator();
        Assert.True(range.MoveNext());
        reader.Dispose();
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => range.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => reader.Get(Table, Bytes("a"), 2));
        store.Dispose();
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.Read());
        Assert.Throws<ObjectDisposedException>(() => store.Apply(9, 1, default));
        Assert.Throws<ObjectDisposedException>(store.Flush);
        Assert.Throws<ObjectDisposedException>(() => store.Persisted);
    }

    [Fact]
    public void A_revision_outside_the_picture_is_not_read()
    {
        using var store = Open();
        store.Do(Put("a"));
        using var reader = store.Read();
        Assert.Throws<InvariantException>(() => reader.Get(Table, Bytes("a"), 2));
        Assert.Throws<InvariantException>(() => reader.Range(Table, KeyRange.All, -1));
        Assert.Throws<InvariantException>(() => reader.Count(Table, KeyRange.All, 2));
    }

    private RowStore Open() => RowStore.Open(_folder.Path);
}
