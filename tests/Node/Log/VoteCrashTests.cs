using System.Text;
using RaftCluster.Node;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Log;

/// <summary>The power fails, or a call does, at each call of opening and saving a vote: the old pair or the new one is read.</summary>
public sealed class VoteCrashTests
{
    private static readonly (long Term, string Name)[] _saves = [(1, ""), (1, "n1"), (4, new string('n', Vote.MaximumName)), (9, "n2")];

    [Fact]
    public void A_crash_at_any_call_leaves_the_old_pair_or_the_new_one()
    {
        var finished = false;
        for (var crashAt = 1; !finished; crashAt++)
        {
            foreach (var survival in Enum.GetValues<Survival>())
            {
                for (var seed = 0; seed < 4; seed++)
                {
                    var disk = new SimulatedDisk { CrashAt = crashAt };
                    var saved = Run(disk, []);
                    finished = !disk.HasCrashed;
                    CheckRecovery(disk.AfterCrash(survival, seed), saved, disk.HasCrashed);
                }
            }
        }
    }

    [Fact]
    public void A_call_that_fails_stops_the_process_and_nothing_is_retried()
    {
        var finished = false;
        for (var failAt = 1; !finished; failAt++)
        {
            var disk = new SimulatedDisk { FailAt = failAt };
            var fatal = new List<(int Code, string Message)>();
            var saved = Run(disk, fatal);
            finished = !disk.HasFailed;
            if (!finished)
            {
                Assert.Equal(ExitCode.Disk, Assert.Single(fatal).Code);
                Assert.Equal(0, disk.CallsAfterFailure);
                CheckRecovery(disk.AfterProcessEnd(), saved, mayBeNext: true);
            }
        }
    }

    private static int Run(SimulatedDisk disk, List<(int Code, string Message)> fatal)
    {
        var saved = -1;
        try
        {
            using var store = VoteStore.Open(SimulatedLog.Folder, (code, message) => fatal.Add((code, message)), disk);
            foreach (var (term, name) in _saves)
            {
                store.Save(term, Encoding.UTF8.GetBytes(name));
                saved++;
            }
        }
        catch (Exception thrown) when (thrown is LogFailedException or PowerLostException)
        {
            Assert.True(disk.HasCrashed || disk.HasFailed, thrown.ToString());
        }

        return saved;
    }

    private static void CheckRecovery(SimulatedDisk disk, int saved, bool mayBeNext)
    {
        var read = Open(disk);
        Assert.True(read == PairAt(saved) || (mayBeNext && read == PairAt(saved + 1)), $"{read} after {PairAt(saved)}");

        // What was read was perhaps acted upon: it must survive the next power loss.
        Assert.Equal(read, Open(disk.AfterCrash(Survival.Nothing)));
    }

    private static (long Term, string Name) PairAt(int save) => save < 0 ? (0, "") : _saves[Math.Min(save, _saves.Length - 1)];

    private static (long Term, string Name) Open(SimulatedDisk disk)
    {
        using var store = VoteStore.Open(SimulatedLog.Folder, (_, _) => { }, disk);
        return (store.Term, Encoding.UTF8.GetString(store.VotedFor.Span));
    }
}
