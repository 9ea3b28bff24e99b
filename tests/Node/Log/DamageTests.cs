using RaftCluster.Node;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Log;

/// <summary>Damage before the tail is always noticed and named; a torn tail of any length is cut.</summary>
public sealed class DamageTests
{
    private readonly List<(int Code, string Message)> _fatal = [];

    [Fact]
    public async Task A_flipped_bit_in_any_byte_of_any_record_is_noticed_and_named()
    {
        var disk = new SimulatedDisk();
        var records = await WriteThreeSegments(disk);
        Assert.Equal(3, records.Select(record => record.Path).Distinct().Count());
        foreach (var (path, offset, end, index) in records)
        {
            for (var at = offset; at < end; at++)
            {
                var (code, message) = OpenDamaged(disk, path, at, bit: (int)at % 8);
                Assert.Equal(ExitCode.Corrupt, code);
                Assert.Contains($"{path} is damaged at offset {offset}:", message, StringComparison.Ordinal);
                Assert.EndsWith($"from index {index} on", message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_flipped_bit_in_any_byte_of_a_header_is_noticed_and_named()
    {
        var disk = new SimulatedDisk();
        await WriteThreeSegments(disk);
        for (var sequence = 1; sequence <= 3; sequence++)
        {
            for (var at = 0; at < SegmentHeader.Bytes; at++)
            {
                var (code, message) = OpenDamaged(disk, SimulatedLog.SegmentPath(sequence), at, bit: at % 8);
                Assert.Equal(ExitCode.Corrupt, code);
                Assert.Contains($"{SimulatedLog.SegmentPath(sequence)} is damaged at offset 0:", message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_sector_that_reads_as_zeros_is_noticed_wherever_a_record_is_in_it()
    {
        var disk = new SimulatedDisk();
        var records = await WriteThreeSegments(disk);
        foreach (var path in records.Select(record => record.Path).Distinct())
        {
            for (var sector = SegmentHeader.RecordsBegin; sector < 8192; sector += SimulatedFile.SectorBytes)
            {
                var holdsRecord = records.Any(record => record.Path == path && record.Offset < sector + SimulatedFile.SectorBytes && record.End > sector);
                var holdsMark = records.Any(record => record.Path == path && record.End / SimulatedFile.SectorBytes * SimulatedFile.SectorBytes == sector);
                if (holdsRecord && !(holdsMark && path == records[^1].Path))
                {
                    var damaged = disk.AfterProcessEnd();
                    damaged.BytesOf(path).AsSpan(sector, SimulatedFile.SectorBytes).Clear();
                    _fatal.Clear();
                    Assert.Throws<LogFailedException>(() => SimulatedLog.Open(damaged, _fatal));
                    Assert.Equal(ExitCode.Corrupt, Assert.Single(_fatal).Code);
                }
            }
        }
    }

    [Theory]
    [InlineData(1, "the segment before it is missing")]
    [InlineData(2, "the segment before it is missing")]
    public async Task A_segment_missing_in_the_middle_is_noticed(int missing, string expected)
    {
        var disk = new SimulatedDisk();
        await WriteThreeSegments(disk, segments: 4);
        disk.Delete(SimulatedLog.SegmentPath(missing + 1));

        Assert.Throws<LogFailedException>(() => SimulatedLog.Open(disk, _fatal));

        Assert.Contains(expected, Assert.Single(_fatal).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xA5)]
    public async Task A_torn_tail_of_every_length_is_cut(int rest)
    {
        var disk = new SimulatedDisk();
        var history = new LogHistory();
        await using var log = SimulatedLog.Open(disk);
        history.Append(log, 1, 3, 50);
        await history.Sync(log);
        var synced = disk.AfterProcessEnd();
        history.Append(log, 2, 3, 200);
        Assert.True(await log.SyncAsync(6));
        var path = SimulatedLog.SegmentPath(1);
        var begin = LastWritten(synced.BytesOf(path));
        var end = LastWritten(disk.BytesOf(path));
        for (var length = begin; length <= end; length++)
        {
            var torn = disk.AfterProcessEnd();
            torn.BytesOf(path).AsSpan(length).Fill((byte)rest);
            await using var again = SimulatedLog.Open(torn);
            Assert.InRange(again.LastIndex, 3, 6);
            Assert.Equal(3 + ((length - begin) / LogRecord.SizeOf(200)), again.LastIndex);
            history.AssertBegins(again);
        }
    }

    [Fact]
    public async Task A_copy_of_a_record_inside_a_payload_is_never_taken_for_a_record()
    {
        var disk = new SimulatedDisk();
        await using var log = SimulatedLog.Open(disk);
        log.Append(1, LogEntryKind.Command, new byte[100]);
        Assert.True(await log.SyncAsync(1));
        var copy = disk.BytesOf(SimulatedLog.SegmentPath(1)).AsSpan(SegmentHeader.RecordsBegin, LogRecord.SizeOf(100)).ToArray();
        log.Append(1, LogEntryKind.Command, copy);
        Assert.True(await log.SyncAsync(2));

        // The header of the second record is lost, before anything proves that it was synced.
        var torn = disk.AfterProcessEnd();
        torn.BytesOf(SimulatedLog.SegmentPath(1)).AsSpan(SegmentHeader.RecordsBegin + LogRecord.SizeOf(100), 16).Clear();
        await using var again = SimulatedLog.Open(torn);

        Assert.Equal(1, again.LastIndex);
    }

    [Fact]
    public async Task Damage_found_by_a_read_stops_the_process()
    {
        var disk = new SimulatedDisk();
        await WriteThreeSegments(disk);
        await using var log = SimulatedLog.Open(disk, _fatal);
        disk.BytesOf(SimulatedLog.SegmentPath(1))[SegmentHeader.RecordsBegin + 100] ^= 4;

        Assert.Throws<LogFailedException>(() => log.Read(1, 2, int.MaxValue));

        var (code, message) = Assert.Single(_fatal);
        Assert.Equal(ExitCode.Corrupt, code);
        Assert.Contains($"{SimulatedLog.SegmentPath(1)} is damaged at offset {SegmentHeader.RecordsBegin}:", message, StringComparison.Ordinal);
        Assert.EndsWith("from index 1 on", message, StringComparison.Ordinal);
        Assert.Throws<LogFailedException>(() => log.Append(9, LogEntryKind.Empty, default));
        await Assert.ThrowsAsync<LogFailedException>(async () => await log.SyncAsync(1));
    }

    [Fact]
    public async Task A_read_that_fails_stops_the_process()
    {
        var disk = new SimulatedDisk();
        await WriteThreeSegments(disk);
        await using var log = SimulatedLog.Open(disk, _fatal);
        disk.FailReads = true;

        Assert.Throws<LogFailedException>(() => log.Read(1, 2, int.MaxValue));

        Assert.Equal(ExitCode.Disk, Assert.Single(_fatal).Code);
    }

    private static int LastWritten(byte[] bytes) => (bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 8) & ~7;

    /// <summary>Writes segments of three entries each, stops cleanly, and tells where the records are.</summary>
    private static async Task<List<(string Path, long Offset, long End, long Index)>> WriteThreeSegments(SimulatedDisk disk, int segments = 3)
    {
        const int length = 1001;
        var records = new List<(string, long, long, long)>();
        await using var log = SimulatedLog.Open(disk);
        for (var i = 0; i < segments * 3; i++)
        {
            var payload = new byte[length];
            Array.Fill(payload, (byte)(i + 1));
            var index = log.Append(1, LogEntryKind.Command, payload);
            Assert.True(await log.SyncAsync(index));
            var offset = SegmentHeader.RecordsBegin + (i % 3 * LogRecord.SizeOf(length));
            records.Add((SimulatedLog.SegmentPath(1 + (i / 3)), offset, offset + LogRecord.SizeOf(length), index));
        }

        return records;
    }

    private (int Code, string Message) OpenDamaged(SimulatedDisk disk, string path, long at, int bit)
    {
        var bytes = disk.BytesOf(path);
        bytes[at] ^= (byte)(1 << bit);
        _fatal.Clear();
        Assert.Throws<LogFailedException>(() => SimulatedLog.Open(disk, _fatal));
        bytes[at] ^= (byte)(1 << bit);
        return Assert.Single(_fatal);
    }
}
