using CsCheck;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Log;

/// <summary>Whatever is done to it, the log is a list of entries.</summary>
public sealed class LogModelTests
{
    private static readonly Gen<(int What, int A, int B, int C)> _step = Gen.Select(Gen.Int[0, 7], Gen.Int[0, 1000], Gen.Int[0, 1000], Gen.Int[0, 1500]);

    [Fact]
    public async Task Any_operations_leave_what_a_list_would_hold()
        => await _step.Array[1, 40].SampleAsync(RunAsync, iter: 400, threads: 1);

    private static async Task RunAsync((int What, int A, int B, int C)[] steps)
    {
        var disk = new SimulatedDisk();
        var log = SimulatedLog.Open(disk);
        var model = new List<LogEntry>();
        var (committed, dropped) = (0L, 1L);
        foreach (var (what, a, b, c) in steps)
        {
            var term = Math.Max(1, model.LastOrDefault().Term);
            switch (what)
            {
                case 0 or 1:
                    for (var i = 0; i <= a % 5; i++)
                    {
                        var entry = Make(model.Count + 1, term + (b % 10 == 0 ? 1 : 0), c);
                        Assert.Equal(entry.Index, log.Append(entry.Term, entry.Kind, entry.Payload));
                        model.Add(entry);
                        term = entry.Term;
                    }

                    break;
                case 2:
                    // A leader's request: some entries the log has, then entries of a newer term.
                    var first = committed + 1 + (a % (model.Count - committed + 1));
                    var conflict = first + (b % (model.Count - first + 2));
                    var held = model.Take((int)conflict - 1).Skip((int)first - 1);
                    var news = Enumerable.Range(0, c % 4).Select(i => Make(conflict + i, term + 1, c));
                    LogEntry[] request = [.. held, .. news];
                    log.Append(request, committed);
                    if (c % 4 > 0)
                    {
                        model.RemoveRange((int)conflict - 1, model.Count - (int)conflict + 1);
                        model.AddRange(request[^(c % 4)..]);
                    }

                    break;
                case 3:
                    Assert.True(await log.SyncAsync(log.LastIndex));
                    Assert.Equal(model.Count, log.SyncedIndex);
                    break;
                case 4:
                    committed = Math.Max(committed, Math.Min(model.Count, a % (model.Count + 1)));
                    break;
                case 5:
                    await log.DisposeAsync();
                    log = SimulatedLog.Open(disk);
                    break;
                case 6:
                    Assert.True(await log.SyncAsync(log.LastIndex));
                    dropped = Math.Max(dropped, 1 + (b % (committed + 1)));
                    log.DropBefore(dropped);
                    break;
                default:
                    CheckRead(log, model, a, b, c);
                    break;
            }

            Assert.Equal(model.Count, log.LastIndex);
            Assert.InRange(log.FirstIndex, 1, dropped);
        }

        CheckRead(log, model, 0, int.MaxValue, int.MaxValue);
        await log.DisposeAsync();
        var again = SimulatedLog.Open(disk);
        Assert.Equal(model.Count, again.LastIndex);
        Assert.InRange(again.FirstIndex, 1, dropped);
        CheckRead(again, model, 0, int.MaxValue, int.MaxValue);
        await again.DisposeAsync();
    }

    private static void CheckRead(SegmentedLog log, List<LogEntry> model, int a, int b, int maximumBytes)
    {
        // Segments are dropped in the background: what was read around it is read again.
        long floor;
        IReadOnlyList<LogEntry> read;
        long?[] terms;
        long first;
        long last;
        do
        {
            floor = log.FirstIndex;
            if (model.Count < floor)
            {
                return;
            }

            first = floor + (a % (model.Count - floor + 1));
            last = b == int.MaxValue ? model.Count : first + (b % (model.Count - first + 1));
            read = log.Read(first, last, maximumBytes);
            terms = [.. read.Select(entry => log.TermAt(entry.Index))];
        }
        while (log.FirstIndex != floor);

        var (expected, bytes) = (0, 0L);
        while (first + expected <= last && (expected == 0 || bytes + model[(int)first - 1 + expected].Payload.Length <= maximumBytes))
        {
            bytes += model[(int)first - 1 + expected++].Payload.Length;
        }

        Assert.Equal(expected, read.Count);
        for (var i = 0; i < expected; i++)
        {
            var entry = model[(int)first - 1 + i];
            Assert.Equal((entry.Index, entry.Term, entry.Kind), (read[i].Index, read[i].Term, read[i].Kind));
            Assert.Equal(entry.Payload.ToArray(), read[i].Payload.ToArray());
            Assert.Equal(entry.Term, terms[i]);
        }
    }

    private static LogEntry Make(long index, long term, int length)
    {
        var payload = new byte[length];
        new Random(HashCode.Combine(2, (int)index, (int)term, length)).NextBytes(payload);
        return new LogEntry(index, term, (LogEntryKind)(length % 3), payload);
    }
}
