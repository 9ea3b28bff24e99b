using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Rehearsals;

/// <summary>The log, term and vote of a node that is none: a rehearsal asks nothing of the disk, which the real node needs.</summary>
internal sealed class RehearsalLog : IRaftLog, IVoteStore
{
    private readonly Lock _gate = new();
    private readonly List<LogEntry> _entries = [];
    private volatile byte[] _votedFor = [];
    private long _term;

    public long FirstIndex => 1;

    public long LastIndex
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public long SyncedIndex => LastIndex;

    public long Term => Volatile.Read(ref _term);

    public ReadOnlyMemory<byte> VotedFor => _votedFor;

    public long? TermAt(long index)
    {
        lock (_gate)
        {
            return index == 0 ? 0 : index <= _entries.Count ? _entries[(int)index - 1].Term : null;
        }
    }

    public long Append(long term, LogEntryKind kind, ReadOnlyMemory<byte> payload)
    {
        lock (_gate)
        {
            _entries.Add(new LogEntry(_entries.Count + 1, term, kind, payload));
            return _entries.Count;
        }
    }

    public void Append(ReadOnlySpan<LogEntry> entries, long committed)
    {
        lock (_gate)
        {
            foreach (var entry in entries)
            {
                _entries.RemoveRange((int)entry.Index - 1, _entries.Count - (int)entry.Index + 1);
                _entries.Add(entry);
            }
        }
    }

    public ValueTask<bool> SyncAsync(long index) => ValueTask.FromResult(index <= LastIndex);

    public IReadOnlyList<LogEntry> Read(long first, long last, int maximumBytes)
    {
        lock (_gate)
        {
            return _entries.GetRange((int)first - 1, (int)(Math.Min(last, _entries.Count) - first + 1));
        }
    }

    public void DropBefore(long index)
    {
    }

    public long FirstKeeping(long bytes) => 0;

    public long BytesFrom(long index) => 0;

    public ValueTask BeginAnewAsync(long index, long term) => throw new NotSupportedException("nobody sends a snapshot to a rehearsal");

    public void Save(long term, ReadOnlySpan<byte> votedFor)
    {
        _votedFor = votedFor.ToArray();
        Volatile.Write(ref _term, term);
    }

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
