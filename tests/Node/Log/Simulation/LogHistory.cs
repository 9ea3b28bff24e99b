using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Tests.Node.Log.Simulation;

/// <summary>
/// Does things to a log and keeps every state it was in, entry by entry, since the last one that was reported as synced.
/// After a crash the log must be in one of them.
/// </summary>
internal sealed class LogHistory
{
    private readonly List<LogEntry[]> _states = [[]];
    private long _dropped = 1;

    public LogEntry[] Last => _states[^1];

    public void Append(SegmentedLog log, long term, int count, int length)
    {
        for (var i = 0; i < count; i++)
        {
            var entry = Make(Last.Length + 1, term, length);
            _states.Add([.. Last, entry]);
            log.Append(entry.Term, entry.Kind, entry.Payload);
        }
    }

    /// <summary>A leader's entries from <paramref name="first"/> on, of a term that replaces what is there.</summary>
    public void Replace(SegmentedLog log, long first, long term, int count, int length)
    {
        var entries = Enumerable.Range(0, count).Select(i => Make(first + i, term, length)).ToArray();
        foreach (var entry in entries)
        {
            _states.Add([.. Last[..(int)(entry.Index - 1)], entry]);
        }

        log.Append(entries, committed: first - 1);
    }

    public async Task Sync(SegmentedLog log)
    {
        Assert.True(await log.SyncAsync(log.LastIndex));
        _states.RemoveRange(0, _states.Count - 1);
    }

    public void Drop(SegmentedLog log, long before)
    {
        _dropped = before;
        log.DropBefore(before);
    }

    /// <summary>A snapshot takes the place of everything up to an index; what was before it can't be read any more.</summary>
    public async Task BeginAnew(SegmentedLog log, int index, long term)
    {
        _states.Add([.. Enumerable.Range(1, index).Select(i => Make(i, term, 0))]);
        _dropped = Math.Max(_dropped, index + 1);
        await log.BeginAnewAsync(index, term);
        _states.RemoveRange(0, _states.Count - 1);
    }

    /// <summary>The log was opened again: what it holds now is the state it is in, and it is synced.</summary>
    public void CheckReopened(SegmentedLog log)
    {
        Assert.InRange(log.FirstIndex, 1, _dropped);
        Assert.Equal(log.LastIndex, log.SyncedIndex);
        var state = _states.FindLast(state => IsIn(log, state));
        Assert.True(state is not null, $"the log is in none of the {_states.Count} states it may be in: {log.FirstIndex} to {log.LastIndex}");
        _states.Clear();
        _states.Add(state);
    }

    /// <summary>The log holds a beginning of the last state, and nothing else.</summary>
    public void AssertBegins(SegmentedLog log) => Assert.True(IsIn(log, Last[..(int)log.LastIndex]));

    private static LogEntry Make(long index, long term, int length)
    {
        var payload = new byte[length];
        new Random(HashCode.Combine(1, (int)index, (int)term)).NextBytes(payload);
        return new LogEntry(index, term, length == 0 ? LogEntryKind.Empty : LogEntryKind.Command, payload);
    }

    private static bool IsIn(SegmentedLog log, LogEntry[] state)
    {
        if (log.LastIndex != state.Length || (log.FirstIndex > 1 && log.TermAt(log.FirstIndex - 1) != state[log.FirstIndex - 2].Term))
        {
            return false;
        }

        var held = state.AsSpan((int)log.FirstIndex - 1);
        var read = held.IsEmpty ? [] : log.Read(log.FirstIndex, log.LastIndex, int.MaxValue);
        Assert.Equal(held.Length, read.Count);
        for (var i = 0; i < held.Length; i++)
        {
            var (expected, actual) = (held[i], read[i]);
            if (expected.Term != actual.Term || expected.Index != actual.Index || expected.Kind != actual.Kind
                || log.TermAt(actual.Index) != actual.Term || !expected.Payload.Span.SequenceEqual(actual.Payload.Span))
            {
                return false;
            }
        }

        return true;
    }
}
