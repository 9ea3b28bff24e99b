using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Log;

/// <summary>The bytes of the formats, as docs/formats/log.md describes them. <c>RAFTCLUSTER_GOLDEN=write</c> rewrites the files.</summary>
public sealed class LogFormatTests
{
    private static readonly SegmentedLogOptions _options = new()
    {
        SegmentBytes = 8192,
        MarkAfter = Timeout.InfiniteTimeSpan,
        PrepareAhead = false,
    };

    [Fact]
    public async Task A_segment_has_the_bytes_it_always_had()
    {
        var disk = new SimulatedDisk();
        await WriteAsync(disk);

        Golden.Matches("segment-1.hex", disk.BytesOf(SimulatedLog.SegmentPath(1)));
        Golden.Matches("segment-2.hex", disk.BytesOf(SimulatedLog.SegmentPath(2)));
    }

    [Fact]
    public async Task A_segment_with_which_the_log_begins_anew_has_the_bytes_it_always_had()
    {
        var disk = new SimulatedDisk();
        var salt = 0x0123456789ABCDEFUL;
        await using (var log = SegmentedLog.Open(SimulatedLog.Folder, _options, (_, message) => Assert.Fail(message), disk, () => salt++))
        {
            log.Append(1, LogEntryKind.Empty, default);
            Assert.True(await log.SyncAsync(1));
            await log.BeginAnewAsync(258, 3);
            log.Append(4, LogEntryKind.Command, "after"u8.ToArray());
            Assert.True(await log.SyncAsync(259));
        }

        Golden.Matches("segment-anew.hex", disk.BytesOf(SimulatedLog.SegmentPath(2)));
    }

    [Fact]
    public void A_vote_file_has_the_bytes_it_always_had()
    {
        var disk = new SimulatedDisk();
        using (var store = VoteStore.Open(SimulatedLog.Folder, (_, _) => { }, disk))
        {
            store.Save(258, "node-1"u8);
        }

        Golden.Matches("vote.hex", disk.BytesOf(Path.Combine(SimulatedLog.Folder, LogFolder.Vote)));
    }

    [Fact]
    public async Task The_inspector_tells_what_is_written_and_changes_nothing()
    {
        var disk = new SimulatedDisk();
        await WriteAsync(disk);
        var calls = disk.Calls;

        var findings = LogInspector.Read(SimulatedLog.Folder, disk).Select(Line);

        Assert.Equal(
            [
                "0000000000000001.log begins after 0/0",
                "4096 1/1 Empty 0 bytes after term 0",
                "4144 2/1 Command 5 bytes after term 1",
                "4200 3/1 Configuration 9 bytes after term 1",
                "4264 2/3 Command 11 bytes after term 1",
                "0000000000000002.log begins after 2/3",
                "4096 3/3 Command 4096 bytes after term 3",
                "8240 mark",
            ],
            findings);
        Assert.Equal(calls, disk.Calls);
    }

    [Fact]
    public async Task The_inspector_names_damage_and_goes_on_with_the_next_segment()
    {
        var disk = new SimulatedDisk();
        await WriteAsync(disk);
        disk.BytesOf(SimulatedLog.SegmentPath(1))[4150] ^= 1;

        var findings = LogInspector.Read(SimulatedLog.Folder, disk).ToList();

        var damage = Assert.Single(findings.OfType<LogFinding.Damaged>());
        Assert.Equal((LogFolder.SegmentName(1), 4144L), (damage.File, damage.Offset));
        Assert.Equal(LogFolder.SegmentName(2), findings[^1].File);
    }

    private static string Line(LogFinding finding) => finding switch
    {
        LogFinding.SegmentBegins begins => $"{begins.File} begins after {begins.BaseIndex}/{begins.BaseTerm}",
        LogFinding.Written { Entry: var entry } written
            => $"{written.Offset} {entry.Index}/{entry.Term} {entry.Kind} {entry.Payload.Length} bytes after term {written.PreviousTerm}",
        LogFinding.Marked marked => $"{marked.Offset} mark",
        _ => finding.ToString(),
    };

    private static async Task WriteAsync(SimulatedDisk disk)
    {
        var salt = 0x0123456789ABCDEFUL;
        await using var log = SegmentedLog.Open(SimulatedLog.Folder, _options, (_, message) => Assert.Fail(message), disk, () => salt++);
        log.Append(1, LogEntryKind.Empty, default);
        Assert.True(await log.SyncAsync(1));
        log.Append(1, LogEntryKind.Command, "hello"u8.ToArray());
        Assert.True(await log.SyncAsync(2));
        log.Append(1, LogEntryKind.Configuration, "members-1"u8.ToArray());
        Assert.True(await log.SyncAsync(3));
        log.Append([new LogEntry(2, 3, LogEntryKind.Command, "hello again"u8.ToArray())], committed: 1);
        Assert.True(await log.SyncAsync(2));
        log.Append(3, LogEntryKind.Command, Enumerable.Range(0, 4096).Select(i => (byte)i).ToArray());
        Assert.True(await log.SyncAsync(3));
    }
}
