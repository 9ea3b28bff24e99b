using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.StateMachine;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;
using RaftCluster.Tests.Node.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Consensus.Snapshots;

/// <summary>
/// The power fails at each call to the disk while a snapshot is received and installed, or a damaged log is set aside, and
/// each call fails once: what a start finds is the old state or the new one, whole, and it goes on from there.
/// </summary>
public sealed partial class InstallCrashTests
{
    private const string Data = "/node";
    private const long SnapshotIndex = 40;
    private const long SnapshotTerm = 3;

    private static readonly (Survival Survival, int Seed)[] _survivals =
    [
        (Survival.Nothing, 0), (Survival.Everything, 0), (Survival.EarlierSectors, 1), (Survival.LaterSectors, 2), (Survival.Any, 3), (Survival.Any, 4),
    ];

    private static readonly byte[][] _contents = [Bytes(1, 16), Bytes(2, 0), Bytes(3, 3000), Bytes(4, 1500)];

    private static readonly SnapshotManifest _manifest = new(
        77,
        new AppliedPosition(SnapshotIndex, SnapshotTerm, 30, 12345, 99),
        [.. new[] { "CURRENT", "EMPTY", "000001.sst", "MANIFEST-000002" }.Select((name, at) => new SnapshotFile(name, _contents[at].Length))],
        new ConfigurationAt(7, 2, ClusterConfiguration.Initial(Members.Of(3))));

    [Fact]
    public async Task A_crash_at_any_call_of_an_installation_leaves_the_old_rows_or_the_new_ones()
    {
        var finished = false;
        for (var crashAt = 1; !finished; crashAt++)
        {
            foreach (var (survival, seed) in _survivals)
            {
                var disk = new SimulatedDisk { CrashAt = crashAt };
                var done = await RunAsync(disk);
                finished = !disk.HasCrashed;
                await CheckAsync(disk.AfterCrash(survival, seed), done, $"{survival} {seed} at {crashAt}\n{string.Join('\n', disk.Trace)}");
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_of_an_installation_that_fails_installs_nothing_by_halves(bool isFull)
    {
        var finished = false;
        for (var failAt = 1; !finished; failAt++)
        {
            var disk = new SimulatedDisk { FailAt = failAt, IsFull = isFull };
            var done = await RunAsync(disk);
            finished = !disk.HasFailed;
            await CheckAsync(disk.AfterProcessEnd(), done, $"failure at {failAt}\n{string.Join('\n', disk.Trace)}");
        }
    }

    [Fact]
    public async Task A_crash_while_a_damaged_log_is_set_aside_never_mixes_it_with_the_new_one()
    {
        var finished = false;
        for (var crashAt = 1; !finished; crashAt++)
        {
            foreach (var (survival, seed) in _survivals)
            {
                var disk = new SimulatedDisk { CrashAt = crashAt };
                var done = new Done();
                await UntilItEndsAsync(disk, () => RebuildAsync(disk, done));
                finished = !disk.HasCrashed;
                await CheckRebuildAsync(disk.AfterCrash(survival, seed), done, $"{survival} {seed} at {crashAt}\n{string.Join('\n', disk.Trace)}");
            }
        }
    }

    private static async Task<Done> RunAsync(SimulatedDisk disk)
    {
        var done = new Done();
        await UntilItEndsAsync(disk, () => RunAsync(disk, done));
        return done;
    }

    private static async Task RunAsync(SimulatedDisk disk, Done done)
    {
        await BeforeAsync(disk, done);
        await InstallAsync(disk, done);
    }

    /// <summary>A node with rows and five acknowledged entries, of which the last one is not what the cluster agreed on later.</summary>
    private static async Task BeforeAsync(SimulatedDisk disk, Done done)
    {
        using var votes = VoteStore.Open(SimulatedLog.Folder, (_, _) => { }, disk);
        await using var log = SimulatedLog.Open(disk);
        votes.Save(2, "n1"u8);
        using (var rows = disk.Open(Path.Combine(Data, "store", "rows"), DiskOpen.Create))
        {
            rows.Write(0, "old"u8);
            rows.Sync();
        }

        disk.SyncFolder(Path.Combine(Data, "store"));
        await AppendAsync(log, 1, 5);
        done.Before = true;
    }

    /// <summary>What the receiver and the installer do, from wherever an earlier run of it ended.</summary>
    private static async Task InstallAsync(SimulatedDisk disk, Done done)
    {
        var folders = StoreFolders.Open(disk, Data);
        await using var log = SimulatedLog.Open(disk);
        if (folders.Pointer.Index == 0)
        {
            var incoming = folders.Receive(_manifest);
            while (!incoming.IsComplete)
            {
                var content = _contents[incoming.File].AsSpan((int)incoming.Offset);
                incoming.Take(content[..Math.Min(1000, content.Length)]);
            }

            folders.SwitchToReceived();
        }

        done.Switched = true;
        if (folders.Pointer.IsLogBehind(log))
        {
            await log.BeginAnewAsync(SnapshotIndex, SnapshotTerm);
        }

        folders.CleanRows();
        await AppendAsync(log, SnapshotTerm, 3);
        done.Acknowledged = log.LastIndex;
    }

    private static async Task RebuildAsync(SimulatedDisk disk, Done done)
    {
        await BeforeAsync(disk, done);
        await MendAsync(disk, done);
    }

    /// <summary>What the starts of a damaged node do, from wherever an earlier one ended.</summary>
    private static async Task MendAsync(SimulatedDisk disk, Done done)
    {
        var folders = StoreFolders.Open(disk, Data);
        if (done.Ended && folders.Pointer.Phase == RebuildPhase.None)
        {
            return;
        }

        done.Began = true;
        if (folders.Pointer.Phase == RebuildPhase.None)
        {
            folders.BeginRebuild("it was damaged");
        }

        if (folders.Pointer.Phase == RebuildPhase.Clearing)
        {
            folders.SetAside(SimulatedLog.Folder);
        }

        await using var log = SimulatedLog.Open(disk, mayBeGone: true);
        await AppendAsync(log, 7, (int)(12 - log.LastIndex));
        done.Ended = true;
        folders.EndRebuild();
    }

    private static async Task CheckAsync(SimulatedDisk disk, Done done, string when)
    {
        try
        {
            await CheckStartAsync(disk, done);

            // And it goes on from there, as if nothing had been.
            if (done.Before)
            {
                var later = disk.AfterCrash(Survival.Nothing);
                await InstallAsync(later, done);
                await CheckStartAsync(later.AfterCrash(Survival.Nothing), done);
            }
        }
        catch (Exception thrown)
        {
            Assert.Fail($"{when}\n{thrown}");
        }
    }

    /// <summary>What a start finds, and finishes.</summary>
    private static async Task CheckStartAsync(SimulatedDisk disk, Done done)
    {
        var folders = StoreFolders.Open(disk, Data);
        await using var log = SimulatedLog.Open(disk);
        if (folders.Pointer.IsLogBehind(log))
        {
            await log.BeginAnewAsync(folders.Pointer.Index, folders.Pointer.Term);
        }

        if (folders.Pointer.Index == 0)
        {
            Assert.False(done.Switched, "a snapshot that was installed is not any more");
            if (done.Before)
            {
                Assert.Equal("old"u8, disk.BytesOf(Path.Combine(folders.Current, "rows")));
                Assert.Equal((1, 5), (log.FirstIndex, log.LastIndex));
            }
        }
        else
        {
            Assert.Equal(SnapshotTerm, log.TermAt(SnapshotIndex));
            Assert.True(log.LastIndex >= done.Acknowledged, $"the log ends at {log.LastIndex}, and {done.Acknowledged} was acknowledged");
            AssertHolds(disk, folders.Current, _manifest.Files.Length);
        }

        if (folders.Incoming is { } incoming)
        {
            AssertHolds(disk, incoming.Folder, incoming.File);
        }

        var named = new[] { folders.Current, folders.Incoming?.Folder };
        Assert.All(
            disk.Names().Select(name => Path.GetDirectoryName(name)!).Where(folder => folder.StartsWith(Data + "/", StringComparison.Ordinal)),
            folder => Assert.Contains(folder, named));
    }

    private static async Task CheckRebuildAsync(SimulatedDisk disk, Done done, string when)
    {
        try
        {
            var folders = StoreFolders.Open(disk, Data);
            if (done.Before)
            {
                using var votes = VoteStore.Open(SimulatedLog.Folder, (_, why) => Assert.Fail(why), disk);
                Assert.Equal((2, "n1"), (votes.Term, System.Text.Encoding.ASCII.GetString(votes.VotedFor.Span)));
            }

            if (folders.Pointer.Phase == RebuildPhase.Clearing)
            {
                folders.SetAside(SimulatedLog.Folder);
            }

            await using var log = SimulatedLog.Open(disk, mayBeGone: folders.Pointer.Phase == RebuildPhase.CatchingUp);
            var terms = log.Read(log.FirstIndex, log.LastIndex, int.MaxValue).Select(entry => entry.Term).Distinct().ToArray();
            switch (folders.Pointer.Phase)
            {
                case RebuildPhase.CatchingUp:
                    Assert.True(done.Began);
                    Assert.DoesNotContain(1, terms);
                    break;
                default:
                    Assert.False(done.Began && !done.Ended && terms.Contains(7), "a log that began anew counts before it has caught up");
                    Assert.True(terms.Length <= 1, "the old log and the new one are mixed");
                    Assert.True(!done.Before || log.LastIndex is 5 or 12, $"a log that counts ends at {log.LastIndex}");
                    break;
            }
        }
        catch (Exception thrown)
        {
            Assert.Fail($"{when}\n{thrown}");
        }
    }

    private static void AssertHolds(SimulatedDisk disk, string folder, int files)
    {
        for (var at = 0; at < files; at++)
        {
            Assert.Equal(_contents[at], disk.BytesOf(Path.Combine(folder, _manifest.Files[at].Name)));
        }
    }

    private static async Task AppendAsync(SegmentedLog log, long term, int count)
    {
        for (var at = 0; at < count; at++)
        {
            log.Append(term, LogEntryKind.Command, Bytes((int)log.LastIndex, 900));
        }

        Assert.True(await log.SyncAsync(log.LastIndex));
    }

    private static async Task UntilItEndsAsync(SimulatedDisk disk, Func<Task> story)
    {
        try
        {
            await story();
        }
        catch (Exception ended) when (ended is LogFailedException or PowerLostException or ObjectDisposedException or DiskException)
        {
            Assert.True(disk.HasCrashed || disk.HasFailed, ended.ToString());
        }
    }

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>What a story had seen completed when it ended.</summary>
    private sealed record Done
    {
        public bool Before { get; set; }

        public bool Switched { get; set; }

        public long Acknowledged { get; set; }

        public bool Began { get; set; }

        public bool Ended { get; set; }
    }
}
