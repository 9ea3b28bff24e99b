using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Space;
using RaftCluster.Tests.Node.Retention;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Space;

public sealed class NodeSpaceTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    // Looks come as fast as they can, and what is kept for a while is kept until this clock is told otherwise.
    private readonly LookingTime _time = new();
    private readonly TestVolume _volume = new(total: 10_000, free: 5_000);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        _time.Dispose();
        return default;
    }

    [Fact]
    public async Task The_disk_is_low_below_the_reserve_until_there_is_enough()
    {
        await using var space = Space(reserve: 800);
        Assert.Equal(new Room(10_000, 5_000, 800, 0, IsLow: false), space.Room);

        await LookAsync(space, 799);
        Assert.True(space.Room.IsLow);

        await LookAsync(space, 850);
        Assert.True(space.Room.IsLow);

        await LookAsync(space, 900);
        Assert.False(space.Room.IsLow);
    }

    [Fact]
    public async Task What_the_store_needs_to_work_with_comes_on_top()
    {
        var working = 4_000L;
        await using var space = new NodeSpace("n1", _folder.Path, () => "store", 800, _volume, _time, NullLogger.Instance) { Working = () => working };
        await LookAsync(space, 4_799);
        Assert.True(space.Room.IsLow);

        working = 3_000;
        await LookAsync(space, 4_798);
        Assert.Equal(new Room(10_000, 4_798, 800, 3_000, IsLow: false), space.Room);
    }

    [Fact]
    public async Task Nothing_stated_is_a_tenth_of_a_small_disk()
    {
        await using var space = Space(reserve: null);
        Assert.Equal(1_000, space.Room.Reserve);
    }

    [Fact]
    public async Task A_disk_that_does_not_say_how_much_it_has_changes_nothing()
    {
        await using var space = Space(reserve: 800);
        _volume.Fault = new IOException("gone");
        await _time.TicksAsync(3);
        _volume.Fault = null;

        await LookAsync(space, 100);
        Assert.True(space.Room.IsLow);
    }

    [Fact]
    public async Task Sizes_are_told_by_what_they_are()
    {
        Write("log/0000000000000001.log", 100);
        Write("log/spare.tmp", 64);
        Write("log/vote", 10);
        Write("store/000001.sst", 1000);
        Write("store/000002.sst", 2000);
        Write("copy.1/000001.sst", 1000);
        Write("copy.1/000000.sst", 300);
        Write("store.2/000009.sst", 40);
        Write("damaged.1/0000000000000001.log", 7);
        Write("backups/monday/full", 5000);
        Write("identity.json", 3);
        await using var space = Space(reserve: 0);

        var usage = await space.UsageAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            new DiskUsage { Log = 110, Spare = 64, Rows = 3000, Snapshots = 340, Aside = 7, Backups = 5000, Other = 3 }, usage);
    }

    [Fact]
    public async Task They_are_added_up_again_only_after_a_while()
    {
        Write("store/000001.sst", 1000);
        await using var space = Space(reserve: 0);
        var token = TestContext.Current.CancellationToken;
        Assert.Equal(1000, (await space.UsageAsync(token)).Rows);

        Write("store/000002.sst", 1);
        Assert.Equal(1000, (await space.UsageAsync(token)).Rows);

        _time.Now += NodeSpace.Keep;
        Assert.Equal(1001, (await space.UsageAsync(token)).Rows);
    }

    [Fact]
    public async Task The_disk_of_a_folder_of_this_machine_says_how_much_it_has()
    {
        var room = new FolderVolume(_folder.Path).Read();
        Assert.InRange(room.Free, 1, room.Total);
        await using var space = new NodeSpace("n1", _folder.Path, () => "store", 0, new FolderVolume(_folder.Path), _time, NullLogger.Instance);
        Assert.Equal(room.Total, space.Room.Total);
    }

    private NodeSpace Space(long? reserve) =>
        new("n1", _folder.Path, () => "store", reserve, _volume, _time, NullLogger.Instance);

    private async Task LookAsync(NodeSpace space, long free)
    {
        _volume.Free = free;
        while (space.Room.Free != free)
        {
            await _time.TicksAsync(1);
        }
    }

    private void Write(string name, int length)
    {
        var path = Path.Combine(_folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new byte[length]);
    }

    private sealed class LookingTime : QuickTime
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
