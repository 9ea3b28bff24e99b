using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Log;

public sealed class LogConcurrencyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Many_appenders_each_find_their_own_entry_synced()
    {
        const int appenders = 16;
        const int entries = 200;
        await using (var log = Open(memoryBytes: 10_000))
        {
            await Task.WhenAll(Enumerable.Range(0, appenders).Select(appender => Task.Run(async () =>
            {
                for (var i = 0; i < entries; i++)
                {
                    var payload = BitConverter.GetBytes((appender * entries) + i);
                    var index = log.Append(1, LogEntryKind.Command, payload);
                    Assert.True(await log.SyncAsync(index));
                    Assert.True(log.SyncedIndex >= index);
                    Assert.Equal(payload, Assert.Single(log.Read(index, index, 0)).Payload.ToArray());
                }
            })));
        }

        await using var again = Open(memoryBytes: 0);
        var read = again.Read(1, again.LastIndex, int.MaxValue);
        Assert.Equal(Enumerable.Range(0, appenders * entries), read.Select(entry => BitConverter.ToInt32(entry.Payload.Span)).Order());
        Assert.Equal(Enumerable.Range(1, appenders * entries), read.Select(entry => (int)entry.Index));
    }

    [Fact]
    public async Task Readers_see_whole_runs_of_one_history_while_it_is_cut_and_grows()
    {
        const int terms = 300;
        await using var log = Open(memoryBytes: 500);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var read = 0L;
            do
            {
                var entries = log.Read(1, Math.Max(1, log.LastIndex), int.MaxValue);
                for (var i = 0; i < entries.Count; i++)
                {
                    Assert.Equal(i + 1, entries[i].Index);
                    Assert.Equal(entries[i].Term, BitConverter.ToInt64(entries[i].Payload.Span));
                }

                read += entries.Count;
            }
            while (!done.IsCancellationRequested);
            return read;
        })).ToArray();

        var random = new Random(5);
        for (var term = 1; term <= terms; term++)
        {
            var first = random.NextInt64(Math.Max(1, log.LastIndex - 30), log.LastIndex + 2);
            var payload = new byte[random.Next(8, 300)];
            BitConverter.TryWriteBytes(payload, (long)term);
            log.Append([.. Enumerable.Range(0, 20).Select(i => new LogEntry(first + i, term, LogEntryKind.Command, payload))], committed: 0);
            if (term % 3 == 0)
            {
                Assert.True(await log.SyncAsync(log.LastIndex));
            }
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(readers), read => Assert.True(read > 0));
    }

    [Fact]
    public async Task Whoever_waits_for_an_entry_that_is_cut_off_is_told_so_and_the_others_are_not()
    {
        await using var log = Open(memoryBytes: 1000);
        var (kept, cut) = (0, 0);
        for (var round = 1; round <= 200; round++)
        {
            // Whether the sync or the cut comes first is a race; that the answer fits what is in the log is not.
            var index = log.Append(round, LogEntryKind.Command, new byte[100]);
            var before = index > 1 ? log.SyncAsync(index - 1) : new ValueTask<bool>(true);
            var waiting = log.SyncAsync(index);
            log.Append([new LogEntry(index, round + 1, LogEntryKind.Empty, default)], committed: index - 1);
            Assert.True(await before);
            _ = await waiting ? kept++ : cut++;
            Assert.True(await log.SyncAsync(index));
            Assert.Equal(round + 1, log.TermAt(index));
        }

        Assert.Equal(200, kept + cut);
    }

    [Fact]
    public async Task A_segment_dropped_while_it_is_read_stays_readable_to_the_end()
    {
        using var entered = new SemaphoreSlim(0);
        using var proceed = new SemaphoreSlim(0);
        var disk = new SimulatedDisk();
        await using var log = SimulatedLog.Open(disk);
        for (var i = 1; i <= 20; i++)
        {
            log.Append(1, LogEntryKind.Command, Enumerable.Repeat((byte)i, 900).ToArray());
        }

        Assert.True(await log.SyncAsync(20));
        disk.BeforeRead = () =>
        {
            entered.Release();
            proceed.Wait();
        };
        var reader = Task.Run(() => log.Read(1, 3, int.MaxValue), TestContext.Current.CancellationToken);
        await entered.WaitAsync(TestContext.Current.CancellationToken);

        // Its file is gone, and others have taken its place, before the reader gets to it.
        log.DropBefore(20);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await log.SyncAsync(log.Append(1, LogEntryKind.Command, new byte[3000])));
        }

        Assert.True(log.FirstIndex > 3);
        proceed.Release(10);
        var read = await reader;

        Assert.Equal([1, 2, 3], read.Select(entry => entry.Payload.Span[899]));
    }

    [Fact]
    public async Task Segments_are_dropped_while_others_read_and_append()
    {
        var log = Open(memoryBytes: 0);
        for (var i = 0; i < 400; i++)
        {
            log.Append(1, LogEntryKind.Command, new byte[500]);
        }

        Assert.True(await log.SyncAsync(400));
        var reader = Task.Run(() =>
        {
            while (log.FirstIndex < 300)
            {
                var first = log.FirstIndex;
                var entries = log.Read(first, Math.Min(first + 50, 400), int.MaxValue);
                Assert.All(entries, entry => Assert.Equal(500, entry.Payload.Length));
            }
        }, TestContext.Current.CancellationToken);

        for (var before = 10; before <= 390; before += 10)
        {
            log.DropBefore(before);
            Assert.True(await log.SyncAsync(log.Append(1, LogEntryKind.Command, new byte[500])));
        }

        await reader;
        await log.DisposeAsync();
        await using var again = Open(memoryBytes: 0);
        Assert.InRange(again.FirstIndex, 300, 390);
        Assert.Equal(1, again.TermAt(again.FirstIndex - 1));
    }

    private SegmentedLog Open(long memoryBytes)
        => SegmentedLog.Open(
            _folder.Path,
            new SegmentedLogOptions { SegmentBytes = 16 << 10, MemoryBytes = memoryBytes, MarkAfter = TimeSpan.FromMilliseconds(1) },
            (code, message) => throw new InvalidOperationException($"{code}: {message}"));
}
