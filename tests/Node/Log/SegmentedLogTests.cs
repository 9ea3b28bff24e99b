using System.Text;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Log;

public sealed class SegmentedLogTests : IDisposable
{
    private static readonly SegmentedLogOptions _small = new() { SegmentBytes = 8192, MemoryBytes = 1000 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_log_is_empty()
    {
        await using var log = Open();

        Assert.Equal((1, 0, 0), (log.FirstIndex, log.LastIndex, log.SyncedIndex));
        Assert.Equal(0, log.TermAt(0));
        Assert.Null(log.TermAt(1));
    }

    [Fact]
    public async Task What_was_appended_is_read_again_from_memory_and_from_the_disk()
    {
        await using (var log = Open())
        {
            for (var i = 1; i <= 500; i++)
            {
                Assert.Equal(i, log.Append(1 + (i / 100), LogEntryKind.Command, Payload(i)));
            }

            Assert.True(await log.SyncAsync(500));
            Assert.Equal(500, log.SyncedIndex);
            AssertHolds(log, 1, 500);
        }

        await using var again = Open();
        Assert.Equal((1, 500, 500), (again.FirstIndex, again.LastIndex, again.SyncedIndex));
        AssertHolds(again, 1, 500);
        Assert.Equal(501, again.Append(9, LogEntryKind.Empty, default));
        Assert.True(await again.SyncAsync(501));
    }

    [Fact]
    public async Task Entries_already_held_are_skipped_and_never_shorten_the_log()
    {
        await using var log = Open();
        log.Append([Entry(1, 1), Entry(2, 1), Entry(3, 2)], committed: 0);

        log.Append([Entry(1, 1), Entry(2, 1)], committed: 3);
        log.Append([], committed: 3);

        Assert.Equal(3, log.LastIndex);
        log.Append([Entry(3, 2), Entry(4, 2)], committed: 3);
        Assert.Equal(4, log.LastIndex);
    }

    [Fact]
    public async Task The_log_is_cut_at_the_first_entry_of_another_term()
    {
        await using (var log = Open())
        {
            log.Append([Entry(1, 1), Entry(2, 1), Entry(3, 1), Entry(4, 1)], committed: 0);
            Assert.True(await log.SyncAsync(4));

            log.Append([Entry(2, 1), Entry(3, 2)], committed: 2);

            Assert.Equal(3, log.LastIndex);
            Assert.Equal([0, 1, 1, 2, null], Enumerable.Range(0, 5).Select(index => log.TermAt(index)));
            Assert.True(await log.SyncAsync(3));
        }

        await using var again = Open();
        Assert.Equal([0, 1, 1, 2, null], Enumerable.Range(0, 5).Select(index => again.TermAt(index)));
    }

    [Fact]
    public async Task A_conflict_with_a_committed_entry_breaks_an_invariant_and_changes_nothing()
    {
        await using var log = Open();
        log.Append([Entry(1, 1), Entry(2, 1)], committed: 0);

        Assert.Throws<InvariantException>(() => log.Append([Entry(2, 2), Entry(3, 2)], committed: 2));

        Assert.Equal((2L, 1L), (log.LastIndex, log.TermAt(2)));
    }

    [Fact]
    public async Task Entries_with_a_gap_or_a_falling_term_break_an_invariant()
    {
        await using var log = Open();
        log.Append([Entry(1, 2)], committed: 0);

        Assert.Throws<InvariantException>(() => log.Append([Entry(3, 2)], committed: 0));
        Assert.Throws<InvariantException>(() => log.Append([Entry(2, 2), Entry(4, 2)], committed: 0));
        Assert.Throws<InvariantException>(() => log.Append([Entry(2, 1)], committed: 0));
        Assert.Throws<InvariantException>(() => log.Append(1, LogEntryKind.Command, default));
        Assert.Equal(1, log.LastIndex);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(19, 1)]
    [InlineData(20, 2)]
    [InlineData(29, 2)]
    [InlineData(100, 10)]
    public async Task A_read_stops_before_the_payloads_exceed_the_limit_but_takes_the_first(int maximumBytes, int expected)
    {
        await using (var log = Open())
        {
            for (var i = 0; i < 10; i++)
            {
                log.Append(1, LogEntryKind.Command, new byte[10]);
            }

            Assert.Equal(expected, log.Read(1, 10, maximumBytes).Count);
        }

        await using var fromDisk = Open();
        Assert.Equal(expected, fromDisk.Read(1, 10, maximumBytes).Count);
    }

    [Fact]
    public async Task An_entry_larger_than_a_segment_gets_a_segment_of_its_own()
    {
        var giant = new byte[3_000_000];
        Random.Shared.NextBytes(giant);
        await using (var log = Open())
        {
            log.Append(1, LogEntryKind.Command, Payload(1));
            log.Append(1, LogEntryKind.Command, giant);
            log.Append(1, LogEntryKind.Command, Payload(3));
            Assert.True(await log.SyncAsync(3));
        }

        await using var again = Open();
        Assert.Equal(giant, again.Read(2, 2, 0)[0].Payload.ToArray());
        Assert.Equal(Payload(3), again.Read(1, 3, int.MaxValue)[2].Payload.ToArray());
    }

    [Fact]
    public async Task After_a_clean_stop_the_log_goes_on_in_the_same_segment()
    {
        for (var i = 1; i <= 5; i++)
        {
            await using var log = Open();
            Assert.True(await log.SyncAsync(log.Append(1, LogEntryKind.Command, Payload(i))));
        }

        Assert.Single(Directory.EnumerateFiles(_folder.Path, "*.log"));
    }

    [Fact]
    public async Task A_dropped_segment_s_file_is_used_again()
    {
        await using (var log = Open())
        {
            for (var i = 1; i <= 500; i++)
            {
                Assert.True(await log.SyncAsync(log.Append(1 + (i / 100), LogEntryKind.Command, Payload(i))));
                log.DropBefore(i - 50);
            }
        }

        await using var again = Open();
        Assert.InRange(again.FirstIndex, 350, 450);
        Assert.True(Directory.EnumerateFiles(_folder.Path).Count() < 8);
        AssertHolds(again, again.FirstIndex, 500);
    }

    [Fact]
    public async Task Waiting_for_what_the_log_does_not_hold_is_answered_no()
    {
        await using var log = Open();
        log.Append(1, LogEntryKind.Empty, default);

        Assert.False(await log.SyncAsync(2));
        Assert.True(await log.SyncAsync(1));
        Assert.True(await log.SyncAsync(0));
    }

    private static byte[] Payload(long index) => Encoding.UTF8.GetBytes($"payload of {index}, {new string('x', (int)(index % 97))}");

    private static LogEntry Entry(long index, long term) => new(index, term, LogEntryKind.Command, Payload(index));

    private static void AssertHolds(SegmentedLog log, long first, long last)
    {
        var entries = log.Read(first, last, int.MaxValue);
        Assert.Equal(last - first + 1, entries.Count);
        foreach (var (entry, index) in entries.Zip(Enumerable.Range((int)first, entries.Count)))
        {
            Assert.Equal((index, 1 + (index / 100)), (entry.Index, entry.Term));
            Assert.Equal(Payload(index), entry.Payload.ToArray());
            Assert.Equal(entry.Term, log.TermAt(index));
        }
    }

    private SegmentedLog Open() => SegmentedLog.Open(_folder.Path, _small, (code, message) => throw new InvalidOperationException($"{code}: {message}"));
}
