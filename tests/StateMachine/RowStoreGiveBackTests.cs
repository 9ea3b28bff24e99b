using System.Security.Cryptography;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;
using static RaftCluster.Tests.StateMachine.Entries;

namespace RaftCluster.Tests.StateMachine;

/// <summary>What was removed leaves the disk, and nothing else does.</summary>
public sealed class RowStoreGiveBackTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RowStore _store;

    public RowStoreGiveBackTests() => _store = RowStore.Open(_folder.Path, new RowStoreOptions { BlockCacheBytes = 8 << 20 });

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Deleted_rows_and_their_history_leave_the_disk_once_it_is_swept()
    {
        Fill(400);
        _store.Flush();
        var full = Bytes();
        Assert.True(full > 4 << 20, $"{full}");

        var kept = _store.Value("row/0399");
        _store.Do(new Command.DeleteRange("kv", "row/0"u8.ToArray(), "row/0399"u8.ToArray()));
        Compact();
        while (_store.SweepHistory(10_000, Patience) > 0)
        {
        }

        Assert.True(_store.GiveBack(() => long.MaxValue, all: true, Patience));
        Assert.True(Bytes() < full / 10, $"{Bytes()} of {full}");
        Assert.Equal(kept, _store.Value("row/0399"));
        Assert.Null(_store.Value("row/0001"));
    }

    [Fact]
    public void Without_room_for_the_result_nothing_is_rewritten()
    {
        Fill(400);
        _store.Do(new Command.DeleteRange("kv", "row/0"u8.ToArray(), "row/0100"u8.ToArray()));
        _store.Flush();
        var before = Bytes();

        Assert.False(_store.GiveBack(() => 1 << 20, all: true, Patience));
        Assert.Equal(before, Bytes());
    }

    [Fact]
    public void A_reader_keeps_what_it_sees()
    {
        Fill(50);
        using var reader = _store.Read();
        _store.Do(new Command.DeleteRange("kv", default, default));
        Compact();
        while (_store.SweepHistory(10_000, Patience) > 0)
        {
        }

        Assert.True(_store.GiveBack(() => long.MaxValue, all: true, Patience));
        Assert.Equal(50, reader.Count("kv", KeyRange.All, reader.Position.Revision));
        using var changes = reader.Changes(new ChangePlace(1, 0));
        Assert.True(changes.NextTransaction());
        Assert.Equal(1, changes.Revision);
    }

    private void Fill(int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            _store.Do(Put($"row/{row:d4}", Convert.ToBase64String(RandomNumberGenerator.GetBytes(12_000))));
        }
    }

    private void Compact() => _store.Do(new Operation.Compact(_store.Applied.Revision));

    private long Bytes() => new DirectoryInfo(_folder.Path).GetFiles("*.sst").Sum(file => file.Length);
}
