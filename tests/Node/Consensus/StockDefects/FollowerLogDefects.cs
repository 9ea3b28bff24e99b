using RaftCluster.Node;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>
/// What the library's log does to a follower's promises: each scenario runs against this project's log, where the promise
/// holds, and against the library's, where it is broken. The latter fails when the library mends it.
/// </summary>
public sealed class FollowerLogDefects
{
    [Fact]
    public async Task Defect_1_What_a_follower_acknowledged_is_on_its_disk() =>
        Assert.False(await LosesWhatItAcknowledgedAsync(await OurFollower.StartAsync()));

    [Fact]
    public async Task Defect_1_The_library_acknowledges_before_the_disk_has_it() =>
        Assert.True(await LosesWhatItAcknowledgedAsync(await StockFollower.OpenAsync()));

    [Theory]
    [InlineData(Survival.Nothing)]
    [InlineData(Survival.Everything)]
    [InlineData(Survival.EarlierSectors)]
    [InlineData(Survival.LaterSectors)]
    [InlineData(Survival.Any)]
    public async Task Defect_2_A_crash_while_truncating_leaves_every_entry_what_it_was(int survival) =>
        Assert.Equal(AsTheLeaderSaid, await CrashWhileTruncatingAsync(await OurFollower.StartAsync((Survival)survival)));

    [Fact]
    public async Task Defect_2_In_the_library_a_crash_while_truncating_gives_entries_the_payloads_of_later_ones() =>
        Assert.Equal(
            (string[])[.. AsTheLeaderSaid.Take(9), "new 13", "new 14", "new 15", "new 13", "new 14", "new 15"],
            await CrashWhileTruncatingAsync(await StockFollower.OpenAsync()));

    [Fact]
    public async Task Defect_3_A_late_request_undoes_nothing() =>
        Assert.Equal(["a", "b", "c", "d", "e"], await LateRequestAsync(await OurFollower.StartAsync()));

    [Fact]
    public async Task Defect_3_In_the_library_a_late_request_truncates_what_was_acknowledged() =>
        Assert.Equal(["a", "b", "c"], await LateRequestAsync(await StockFollower.OpenAsync()));

    [Fact]
    public async Task Defect_9_After_a_failed_sync_the_process_ends() =>
        Assert.Equal((ExitCode.Disk, null), await FailedSyncAsync(await OurFollower.StartAsync()));

    [Fact]
    public async Task Defect_9_After_a_failed_flush_the_library_stays_up_and_never_takes_entries_again() =>
        Assert.Equal((null, null), await FailedSyncAsync(await StockFollower.OpenAsync()));

    private static string[] AsTheLeaderSaid { get; } =
    [
        .. Enumerable.Range(1, 9).Select(at => $"old {at:00}"), .. Enumerable.Range(10, 6).Select(at => $"new {at:00}"),
    ];

    /// <summary>The disk fails, entries arrive, the process dies.</summary>
    /// <returns>Whether entries were acknowledged and are gone.</returns>
    private static async Task<bool> LosesWhatItAcknowledgedAsync(Follower follower)
    {
        Assert.True(await follower.TakeAsync(1, 0, 0, Follower.Entries(1, 1, "a")));
        await follower.BreakDiskAsync();
        var acknowledged = await follower.TakeAsync(1, 1, 1, Follower.Entries(2, 1, "b", "c")) == true;
        await using var restarted = await follower.RestartAsync();
        Assert.Equal("a", (await restarted.ReadAsync())[0]);
        return acknowledged && restarted.LastIndex < 3;
    }

    /// <summary>
    /// A new leader replaces entries 10 to 15 by its own 10 to 12; the follower dies before all of that is on its disk.
    /// When it is back, the leader goes on from where their logs agree.
    /// </summary>
    /// <returns>What the entries say in the end.</returns>
    private static async Task<string[]> CrashWhileTruncatingAsync(Follower follower)
    {
        Assert.True(await follower.TakeAsync(1, 0, 0, Numbered(1, 15, 1, "old")));
        await follower.BreakDiskAsync();
        await follower.TakeAsync(2, 9, 1, Numbered(10, 12, 2, "new"));
        await using var restarted = await follower.RestartAsync();
        if (await restarted.TakeAsync(2, 12, 2, Numbered(13, 15, 2, "new")) != true)
        {
            Assert.True(await restarted.TakeAsync(2, 9, 1, Numbered(10, 15, 2, "new")));
        }

        return await restarted.ReadAsync();
    }

    /// <summary>A request that was held up on the way, or in a paused process, arrives after one that was sent later.</summary>
    /// <returns>What the entries say in the end.</returns>
    private static async Task<string[]> LateRequestAsync(Follower follower)
    {
        await using (follower)
        {
            Assert.True(await follower.TakeAsync(1, 0, 0, Follower.Entries(1, 1, "a", "b", "c")));
            Assert.True(await follower.TakeAsync(1, 3, 1, Follower.Entries(4, 1, "d", "e")));
            Assert.True(await follower.TakeAsync(1, 0, 0, Follower.Entries(1, 1, "a", "b", "c")));
            return await follower.ReadAsync();
        }
    }

    /// <summary>One attempt to bring entries to the disk fails; from then on the disk is well.</summary>
    /// <returns>The code that the process ended with, and whether it would acknowledge entries again: null for no answer.</returns>
    private static async Task<(int? Ended, bool? Takes)> FailedSyncAsync(Follower follower)
    {
        await using (follower)
        {
            Assert.True(await follower.TakeAsync(1, 0, 0, Follower.Entries(1, 1, "a")));
            await follower.FailOneSyncAsync(() => follower.TakeAsync(1, 1, 1, Follower.Entries(2, 1, "b")));
            return (follower.Ended, await follower.TakeAsync(1, 1, 1, Follower.Entries(2, 1, "b")));
        }
    }

    private static LogEntry[] Numbered(int first, int last, long term, string says) =>
        Follower.Entries(first, term, [.. Enumerable.Range(first, last - first + 1).Select(at => $"{says} {at:00}")]);
}
