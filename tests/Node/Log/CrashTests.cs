using RaftCluster.Node;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Log;

/// <summary>
/// The power fails at each call to the disk, one after the other, and each call fails once: whatever survives, what
/// was reported as synced is there, the log is in a state that it was in, and it goes on.
/// </summary>
public sealed class CrashTests
{
    private static readonly (Survival Survival, int Seed)[] _survivals =
    [
        (Survival.Nothing, 0), (Survival.Everything, 0), (Survival.EarlierSectors, 1), (Survival.LaterSectors, 2),
        (Survival.Any, 3), (Survival.Any, 4), (Survival.Any, 5), (Survival.Any, 6),
    ];

    public static TheoryData<string, bool> Stories
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var name in _stories.Keys)
            {
                data.Add(name, false);
                data.Add(name, true);
            }

            return data;
        }
    }

    // Small segments: some 4,000 bytes of records each, so that a dozen entries make a log roll.
    private static readonly Dictionary<string, Func<SegmentedLog, LogHistory, Task>> _stories = new()
    {
        ["append"] = async (log, history) =>
        {
            history.Append(log, 1, 3, 100);
            await history.Sync(log);
            history.Append(log, 1, 1, 0);
            history.Append(log, 2, 5, 300);
            await history.Sync(log);
        },
        ["truncate"] = async (log, history) =>
        {
            history.Append(log, 1, 6, 200);
            await history.Sync(log);
            history.Replace(log, 4, 2, 2, 333);
            await history.Sync(log);
            history.Replace(log, 1, 3, 1, 0);
            await history.Sync(log);
            history.Append(log, 3, 4, 700);
            history.Replace(log, 3, 4, 3, 100);
            await history.Sync(log);
        },
        ["roll"] = async (log, history) =>
        {
            history.Append(log, 1, 4, 900);
            await history.Sync(log);
            history.Append(log, 1, 1, 900);
            await history.Sync(log);
            history.Append(log, 1, 12, 700);
            await history.Sync(log);
            history.Append(log, 1, 2, 9000);
            history.Append(log, 2, 1, 10);
            await history.Sync(log);
        },
        ["truncate into an earlier segment"] = async (log, history) =>
        {
            history.Append(log, 1, 12, 900);
            await history.Sync(log);
            history.Replace(log, 6, 2, 3, 900);
            await history.Sync(log);
            history.Replace(log, 2, 3, 9, 900);
            await history.Sync(log);
        },
        ["drop"] = async (log, history) =>
        {
            history.Append(log, 1, 14, 900);
            await history.Sync(log);
            history.Drop(log, 7);
            history.Append(log, 1, 3, 900);
            await history.Sync(log);
            history.Append(log, 2, 6, 900);
            await history.Sync(log);
            history.Drop(log, 20);
            history.Append(log, 2, 6, 900);
            await history.Sync(log);
        },
        ["drop what was replaced"] = async (log, history) =>
        {
            history.Append(log, 1, 14, 900);
            await history.Sync(log);
            history.Replace(log, 7, 2, 1, 900);
            history.Drop(log, 7);
            await history.Sync(log);
            history.Append(log, 2, 5, 900);
            await history.Sync(log);
            history.Drop(log, 8);
            history.Append(log, 3, 5, 900);
            await history.Sync(log);
            history.Replace(log, 9, 4, 1, 0);
            await history.Sync(log);
        },
        ["begin anew beyond the end"] = async (log, history) =>
        {
            history.Append(log, 1, 9, 900);
            await history.Sync(log);
            history.Append(log, 1, 3, 900);
            await history.BeginAnew(log, 40, 2);
            history.Append(log, 2, 6, 900);
            await history.Sync(log);
            history.Replace(log, 43, 3, 1, 900);
            await history.Sync(log);
        },
        ["begin anew within, twice"] = async (log, history) =>
        {
            history.Append(log, 1, 9, 900);
            await history.Sync(log);
            await history.BeginAnew(log, 5, 2);
            history.Append(log, 3, 2, 100);
            await history.BeginAnew(log, 6, 4);
            await history.BeginAnew(log, 12, 4);
            history.Append(log, 4, 1, 9000);
            await history.Sync(log);
        },
    };

    [Theory]
    [MemberData(nameof(Stories))]
    public async Task A_crash_at_any_call_leaves_a_readable_log(string story, bool background)
    {
        var finished = false;
        for (var crashAt = 1; !finished; crashAt++)
        {
            foreach (var (survival, seed) in _survivals)
            {
                var disk = new SimulatedDisk { CrashAt = crashAt };
                var history = await Run(story, disk, background);
                finished = !disk.HasCrashed;
                await CheckRecovery(disk, () => disk.AfterCrash(survival, seed), history, $"{survival} {seed} at {crashAt}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Stories))]
    public async Task A_call_that_fails_stops_the_process_and_nothing_is_retried(string story, bool background)
    {
        var finished = false;
        for (var failAt = 1; !finished; failAt++)
        {
            foreach (var isFull in new[] { false, true })
            {
                var disk = new SimulatedDisk { FailAt = failAt, IsFull = isFull };
                var fatal = new List<(int Code, string Message)>();
                var history = await Run(story, disk, background, fatal);
                finished = !disk.HasFailed;
                if (finished)
                {
                    Assert.Empty(fatal);
                    break;
                }

                var (code, message) = Assert.Single(fatal);
                Assert.Equal(isFull ? ExitCode.DiskFull : ExitCode.Disk, code);
                Assert.Contains(SimulatedLog.Folder, message, StringComparison.Ordinal);
                // With two threads at work, the other one may be within a call or about to make its next.
                Assert.True(disk.CallsAfterFailure == 0 || background, $"{string.Join('\n', disk.Trace)}");
                await CheckRecovery(disk, disk.AfterProcessEnd, history, $"failure at {failAt}");
            }
        }
    }

    [Fact]
    public async Task No_segment_is_dropped_on_the_strength_of_a_cut_that_is_not_on_the_disk_yet()
    {
        using var entered = new SemaphoreSlim(0);
        using var proceed = new SemaphoreSlim(0);
        var disk = new SimulatedDisk();
        var history = new LogHistory();
        var log = SimulatedLog.Open(disk);
        history.Append(log, 1, 14, 900);
        await history.Sync(log);
        disk.BeforeSync = path =>
        {
            if (path != SimulatedLog.Folder)
            {
                entered.Release();
                proceed.Wait();
            }
        };

        // While one batch is being synced, the log is cut, and what lies before the cut may be dropped.
        history.Append(log, 1, 1, 900);
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        history.Drop(log, 7);
        history.Replace(log, 7, 2, 1, 900);
        proceed.Release();
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        var crashed = disk.AfterCrash(Survival.Nothing);
        disk.BeforeSync = _ => { };
        proceed.Release();
        await log.DisposeAsync();

        await Reopen(crashed, history, _ => Task.CompletedTask);
    }

    /// <summary>Runs a story until it ends or the disk does.</summary>
    private static async Task<LogHistory> Run(string story, SimulatedDisk disk, bool background, List<(int Code, string Message)>? fatal = null)
    {
        var history = new LogHistory();
        try
        {
            var log = SimulatedLog.Open(disk, fatal, background);
            try
            {
                await _stories[story](log, history);
            }
            finally
            {
                await log.DisposeAsync();
            }
        }
        catch (Exception thrown) when (thrown is LogFailedException or PowerLostException or ObjectDisposedException)
        {
            Assert.True(disk.HasCrashed || disk.HasFailed, thrown.ToString());
        }

        return history;
    }

    private static async Task CheckRecovery(SimulatedDisk before, Func<SimulatedDisk> restart, LogHistory history, string when)
    {
        try
        {
            // What was found at opening counts as synced: it must survive the next power loss, though nothing was appended.
            var disk = await Reopen(restart(), history, _ => Task.CompletedTask);
            disk = await Reopen(disk, history, async log =>
            {
                history.Append(log, 9, 3, 500);
                await history.Sync(log);
            });
            await Reopen(disk, history, _ => Task.CompletedTask);
        }
        catch (Exception thrown)
        {
            Assert.Fail($"{when}: {thrown}\n{string.Join('\n', before.Trace)}");
        }
    }

    /// <summary>Opens the log, does something to it, and loses power.</summary>
    private static async Task<SimulatedDisk> Reopen(SimulatedDisk disk, LogHistory history, Func<SegmentedLog, Task> act)
    {
        await using var log = SimulatedLog.Open(disk);
        history.CheckReopened(log);
        await act(log);
        return disk.AfterCrash(Survival.Nothing);
    }
}
