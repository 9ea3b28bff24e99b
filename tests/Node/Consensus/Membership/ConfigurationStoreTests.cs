using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;
using RaftCluster.Tests.Node.Log;
using RaftCluster.Tests.Node.Log.Simulation;
using Golden = RaftCluster.Tests.StateMachine.Golden;

namespace RaftCluster.Tests.Node.Consensus.Membership;

/// <summary>Which configuration counts, as the log grows, is cut off, is dropped and crashes.</summary>
public sealed class ConfigurationStoreTests
{
    private const string Folder = "/node";

    private static readonly (Survival Survival, int Seed)[] _survivals =
    [
        (Survival.Nothing, 0), (Survival.Everything, 0), (Survival.EarlierSectors, 1), (Survival.LaterSectors, 2), (Survival.Any, 3),
    ];

    [Fact]
    public void The_format_of_an_entry_is_as_ever()
    {
        var members = Members.Of(3);
        var configuration = new ClusterConfiguration(
        [
            new(members[0], MemberRole.Voter, Promotion.Auto),
            new(members[1], MemberRole.Learner, Promotion.Manual),
            new(members[2], MemberRole.Learner, Promotion.Never),
        ]);
        var bytes = ConfigurationCodec.Encode(configuration.Under(stateVersion: 3));
        Golden.Matches("configuration-2", bytes);
        Assert.Equal(configuration.Under(stateVersion: 3), ConfigurationCodec.Decode(bytes));

        // Format 1 had no state version.
        Assert.Equal(configuration, ConfigurationCodec.Decode(Golden.Read("configuration-1")));
    }

    [Fact]
    public void The_format_of_the_file_is_as_ever()
    {
        var disk = new SimulatedDisk();
        var store = Open(disk);
        store.Begin(ConfigurationAt.Initial(Members.Of(2)));
        store.Expect(Of(12, 3, 3));
        Golden.Matches("configuration-file-2", disk.BytesOf($"{Folder}/{ConfigurationStore.FileName}"));
    }

    [Fact]
    public void An_entry_cut_anywhere_with_more_behind_it_or_of_another_format_is_refused()
    {
        var bytes = ConfigurationCodec.Encode(ClusterConfiguration.Initial(Members.Of(3)));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ConfigurationCodec.Decode(bytes.AsSpan(0, length)));
        }

        Assert.Throws<InvalidDataException>(() => ConfigurationCodec.Decode([.. bytes, 0]));
        bytes[0] = 3;
        Assert.Throws<InvalidDataException>(() => ConfigurationCodec.Decode(bytes));
    }

    [Fact]
    public void Any_flipped_bit_of_the_file_is_damage()
    {
        var disk = new SimulatedDisk();
        var store = Open(disk);
        store.Begin(ConfigurationAt.Initial(Members.Of(2)));
        store.Expect(Of(1, 1, 3));
        var bytes = disk.BytesOf($"{Folder}/{ConfigurationStore.FileName}");
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<LogDamageException>(() => Open(disk));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public async Task The_newest_one_in_the_log_counts_and_the_one_before_when_that_is_cut_off()
    {
        var disk = new SimulatedDisk();
        await using var log = SimulatedLog.Open(disk);
        var store = Begun(disk);
        Append(log, store, term: 1, voters: 3);
        Assert.Equal((1, 3), Newest(store, log));
        log.Append(1, LogEntryKind.Empty, default);
        Append(log, store, term: 1, voters: 4);
        Assert.Equal((3, 4), Newest(store, log));
        Assert.Equal(1, store.NewestUpTo(log, 2).Index);

        // A later leader has another entry at its place; then that leader's own configuration is there.
        log.Append([new LogEntry(3, 2, LogEntryKind.Empty, default)], committed: 2);
        Assert.Equal((1, 3), Newest(store, log));
        Append(log, store, term: 2, voters: 2);
        Assert.Equal((4, 2), Newest(store, log));
        log.Append([new LogEntry(4, 3, LogEntryKind.Empty, default)], committed: 3);
        Assert.Equal((1, 3), Newest(store, log));
        Assert.Equal((1, 3), Newest(Open(disk), log));
    }

    [Fact]
    public async Task An_entry_that_came_back_counts_again()
    {
        var disk = new SimulatedDisk();
        await using var log = SimulatedLog.Open(disk);
        var store = Begun(disk);
        log.Append(1, LogEntryKind.Empty, default);
        var entry = new LogEntry(2, 1, LogEntryKind.Configuration, ConfigurationCodec.Encode(Of(2, 1, 3).Configuration));
        store.Expect(Of(2, 1, 3));
        Assert.Equal((0, 2), Newest(store, log)); // On the disk before its entry is in the log.
        log.Append([entry], committed: 0);
        Assert.Equal((2, 3), Newest(store, log));
    }

    [Fact]
    public async Task What_a_node_was_given_when_it_joined_counts_over_what_the_log_brings_later_of_earlier_times()
    {
        var disk = new SimulatedDisk();
        await using var log = SimulatedLog.Open(disk);
        var store = Open(disk);
        store.Trust(Of(5, 2, 4));
        Append(log, store, term: 1, voters: 2);
        Append(log, store, term: 1, voters: 3);
        Assert.Equal((5, 4), Newest(store, log));
        Assert.Equal((5, 4), Newest(Open(disk), log));
        for (var index = 3; index <= 5; index++)
        {
            log.Append(2, LogEntryKind.Empty, default);
        }

        Append(log, store, term: 2, voters: 5);
        Assert.Equal((6, 5), Newest(store, log));
    }

    [Fact]
    public async Task Behind_a_cut_of_the_log_the_last_one_before_it_is_kept()
    {
        var disk = new SimulatedDisk();
        await using var log = SimulatedLog.Open(disk);
        var store = Begun(disk);
        Append(log, store, term: 1, voters: 3);
        Append(log, store, term: 1, voters: 4);
        log.Append(1, LogEntryKind.Empty, default);
        Append(log, store, term: 1, voters: 5);
        await log.SyncAsync(4);
        store.BeforeCut(log, 3);
        await log.BeginAnewAsync(100, 7); // As when all before it is gone.
        Assert.Equal((2, 4), Newest(store, log));
        Assert.Equal((2, 4), Newest(Open(disk), log));
    }

    [Fact]
    public async Task After_a_crash_at_any_call_the_log_never_has_a_configuration_that_is_not_known()
    {
        for (var call = 0; ; call++)
        {
            var disk = new SimulatedDisk { CrashAt = call };
            var acknowledged = await GrowAsync(disk);
            foreach (var (survival, seed) in _survivals)
            {
                var after = disk.AfterCrash(survival, seed);
                using var votesAfter = VoteStore.Open(SimulatedLog.Folder, Fail, after);
                await using var logAfter = SimulatedLog.Open(after);
                Assert.True(logAfter.LastIndex >= acknowledged);
                var known = Open(after);
                known.Begin(ConfigurationAt.Initial(Members.Of(2)));
                Assert.Equal((logAfter.LastIndex, 2 + (int)logAfter.LastIndex), Newest(known, logAfter));
            }

            if (!disk.HasCrashed)
            {
                Assert.Equal(4, acknowledged);
                return;
            }
        }
    }

    /// <summary>Appends configurations of 3, 4, 5 and 6 voters, until the power fails.</summary>
    /// <returns>The last index that was said to be on the disk.</returns>
    private static async Task<long> GrowAsync(SimulatedDisk disk)
    {
        var acknowledged = 0L;
        SegmentedLog? log = null;
        try
        {
            using var votes = VoteStore.Open(SimulatedLog.Folder, Ignore, disk);
            log = SimulatedLog.Open(disk);
            votes.Save(1, "n1"u8);
            var store = Begun(disk);
            for (var voters = 3; voters <= 6; voters++)
            {
                Append(log, store, term: 1, voters);
                acknowledged = await log.SyncAsync(log.LastIndex) ? log.LastIndex : acknowledged;
            }
        }
        catch (Exception ended) when (ended is LogFailedException or PowerLostException or DiskException or ObjectDisposedException)
        {
            Assert.True(disk.HasCrashed, ended.ToString());
        }
        finally
        {
            if (log is not null)
            {
                await log.DisposeAsync();
            }
        }

        return acknowledged;
    }

    private static ConfigurationAt Of(long index, long term, int voters) =>
        new(index, term, ClusterConfiguration.Initial(Members.Of(voters)));

    private static (long Index, int Voters) Newest(ConfigurationStore store, IRaftLog log) =>
        store.Newest(log) is var newest ? (newest.Index, newest.Configuration.Voters.Count()) : default;

    private static void Append(SegmentedLog log, ConfigurationStore store, long term, int voters)
    {
        var coming = Of(log.LastIndex + 1, term, voters);
        store.Expect(coming);
        Assert.Equal(coming.Index, log.Append(term, LogEntryKind.Configuration, ConfigurationCodec.Encode(coming.Configuration)));
    }

    private static ConfigurationStore Begun(SimulatedDisk disk)
    {
        var store = Open(disk);
        store.Begin(ConfigurationAt.Initial(Members.Of(2)));
        return store;
    }

    private static ConfigurationStore Open(SimulatedDisk disk)
    {
        disk.CreateFolder(Folder);
        return ConfigurationStore.Open(disk, Folder, Ignore);
    }

    private static void Ignore(int code, string why)
    {
    }

    private static void Fail(int code, string why) => Assert.Fail($"{code}: {why}");
}
