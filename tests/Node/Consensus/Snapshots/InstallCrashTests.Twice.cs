using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Consensus.Snapshots;

// Two crashes in a row, and a rebuild that begins with a note.
public sealed partial class InstallCrashTests
{
    private static readonly (Survival Survival, int Seed)[] _afterTwo =
        [(Survival.Nothing, 0), (Survival.Everything, 0), (Survival.Any, 3)];

    [Fact]
    public async Task A_kill_at_any_call_of_an_installation_and_then_a_power_loss_at_any_call_of_going_on_leave_old_rows_or_new_ones()
    {
        await TwiceAsync(
            RunAsync,
            InstallAsync,
            CheckAsync);
    }

    [Fact]
    public async Task A_kill_at_any_call_of_a_rebuild_and_then_a_power_loss_at_any_call_of_going_on_never_mix_two_logs()
    {
        await TwiceAsync(
            RebuildAsync,
            MendAsync,
            CheckRebuildAsync);
    }

    [Fact]
    public async Task A_crash_after_rows_were_noted_as_damaged_leaves_the_note_or_the_rebuild()
    {
        var finished = false;
        for (var crashAt = 1; !finished; crashAt++)
        {
            foreach (var (survival, seed) in _survivals)
            {
                var done = new Done();
                var running = new SimulatedDisk();
                await BeforeAsync(running, done);
                StoreFolders.Open(running, Data).NoteDamage("a row can't be read");

                // The note is on the disk when the process ends, whatever becomes of the machine then.
                var disk = running.AfterCrash(Survival.Nothing);
                disk.CrashAt = crashAt;
                done.Began = true;
                await UntilItEndsAsync(disk, () => MendAsync(disk, done));
                finished = !disk.HasCrashed;
                var after = disk.AfterCrash(survival, seed);
                await CheckRebuildAsync(after, done, $"{survival} {seed} at {crashAt}\n{string.Join('\n', disk.Trace)}");
                if (!done.Ended)
                {
                    var pointer = StoreFolders.Open(after, Data).Pointer;
                    Assert.True(pointer.Phase is RebuildPhase.Clearing or RebuildPhase.CatchingUp, $"{pointer}");
                    Assert.Equal("a row can't be read", pointer.Reason);
                }
            }
        }
    }

    /// <summary>Kills a story at each call in turn, and each going on with it by a loss of power at each call in turn.</summary>
    /// <param name="begin">The story.</param>
    /// <param name="goOn">What the next start does with what it finds.</param>
    /// <param name="check">What must hold then.</param>
    private static async Task TwiceAsync(
        Func<SimulatedDisk, Done, Task> begin, Func<SimulatedDisk, Done, Task> goOn, Func<SimulatedDisk, Done, string, Task> check)
    {
        var survivedOnce = false;
        for (var killAt = 1; !survivedOnce; killAt++)
        {
            var survived = false;
            for (var crashAt = 1; !survived; crashAt++)
            {
                var (killed, done) = (new SimulatedDisk { CrashAt = killAt }, new Done());
                await UntilItEndsAsync(killed, () => begin(killed, done));
                survivedOnce = !killed.HasCrashed;
                if (!done.Before)
                {
                    break; // Nothing was begun yet that could be gone on with.
                }

                var disk = killed.AfterProcessEnd();
                disk.CrashAt = crashAt;
                await UntilItEndsAsync(disk, () => goOn(disk, done));
                survived = !disk.HasCrashed;
                foreach (var (survival, seed) in _afterTwo)
                {
                    await check(
                        disk.AfterCrash(survival, seed),
                        done with { },
                        $"killed at {killAt}\n{string.Join('\n', killed.Trace)}\nthen {survival} {seed} at {crashAt}\n{string.Join('\n', disk.Trace)}");
                }
            }
        }
    }
}
