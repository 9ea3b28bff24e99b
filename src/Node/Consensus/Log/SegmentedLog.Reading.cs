using System.Runtime.InteropServices;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Log;

public sealed partial class SegmentedLog
{
    /// <inheritdoc/>
    public IReadOnlyList<LogEntry> Read(long first, long last, int maximumBytes)
    {
        var entries = new List<LogEntry>();
        long budget = maximumBytes;
        var next = first;
        while (next <= last && TakeRun(next, last, ref budget, entries) is { } run)
        {
            var whole = ReadRun(run, ref budget, entries);
            next += run.Offsets.Length;
            if (!whole || budget <= 0)
            {
                break;
            }
        }

        return entries;
    }

    /// <summary>Takes entries from memory; or, when the next one is not there, finds where it and those after it are.</summary>
    /// <returns>What to read from the disk; null when everything is in <paramref name="entries"/>.</returns>
    private DiskRun? TakeRun(long next, long last, ref long budget, List<LogEntry> entries)
    {
        lock (_gate)
        {
            ThrowIfUnusable();
            last = Math.Min(last, _lastIndex);
            if (next < _firstIndex || next > last)
            {
                return null;
            }

            if (next >= _recent.First)
            {
                TakeRecent(next, last, ref budget, entries);
                return null;
            }

            var segment = _index.Find(next);
            Invariant.Holds(segment is not null, "what is not in memory is in a segment");
            var until = Math.Min(Math.Min(last, segment.Last), _recent.First - 1);
            var (start, end) = (segment.OffsetOf(next), segment.End);
            var offsets = new List<uint> { start };
            for (var index = next + 1; ; index++)
            {
                if (index > until)
                {
                    end = index <= segment.Last ? segment.OffsetOf(index) : end;
                    break;
                }

                var offset = segment.OffsetOf(index);
                offsets.Add(offset);
                if (offset - start - (long)LogRecord.HeaderBytes * offsets.Count > budget)
                {
                    end = index < segment.Last ? segment.OffsetOf(index + 1) : end;
                    break;
                }
            }

            segment.Retain();
            return new DiskRun(segment, next, offsets.ToArray(), end);
        }
    }

    private void TakeRecent(long next, long last, ref long budget, List<LogEntry> entries)
    {
        var until = next;
        for (; until <= last; until++)
        {
            budget -= _recent[until].Payload.Length;
            if (budget < 0 && entries.Count + (until - next) > 0)
            {
                break;
            }
        }

        var count = (int)(until - next);
        var taken = entries.Count;
        CollectionsMarshal.SetCount(entries, taken + count);
        var target = CollectionsMarshal.AsSpan(entries)[taken..];
        for (var i = 0; i < count; i++)
        {
            target[i] = _recent[next + i];
        }
    }

    private bool ReadRun(in DiskRun run, ref long budget, List<LogEntry> entries)
    {
        try
        {
            return DiskReader.Read(run.Segment, run.First, run.Offsets, run.End, ref budget, entries);
        }
        catch (Exception thrown) when (thrown is Disk.DiskException or LogDamageException)
        {
            Fail(thrown);
            throw new LogFailedException(Fault.CodeOf(thrown), Fault.MessageOf(thrown));
        }
        finally
        {
            run.Segment.Release();
        }
    }

    /// <summary>Records of one segment with consecutive indexes.</summary>
    private readonly record struct DiskRun(Segment Segment, long First, uint[] Offsets, long End);
}
