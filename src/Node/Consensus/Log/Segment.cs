using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// A segment file and the entries that live in it: one run of consecutive indexes, with four bytes of memory an entry.
/// The run is guarded by the log's lock.
/// </summary>
internal sealed class Segment(IDiskFile file, SegmentHeader header, long size)
{
    private readonly List<uint> _offsets = [];
    private int _users = 1;
    private long _end = SegmentHeader.RecordsBegin;

    public IDiskFile File { get; } = file;

    public SegmentHeader Header { get; } = header;

    public ulong Salt => Header.Salt;

    /// <summary>The file's length: where the next segment must begin.</summary>
    public long Size { get; private set; } = size;

    /// <summary>Where its synced records end. Set by the writer, read by anyone.</summary>
    public long End
    {
        get => Volatile.Read(ref _end);
        set => Volatile.Write(ref _end, value);
    }

    /// <summary>How many bytes of synced records it has.</summary>
    public long RecordBytes => End - SegmentHeader.RecordsBegin;

    /// <summary>The first index that lives here; meaningless when <see cref="Count"/> is 0.</summary>
    public long First { get; private set; }

    public int Count => _offsets.Count;

    public long Last => First + _offsets.Count - 1;

    public uint OffsetOf(long index) => _offsets[(int)(index - First)];

    public void Add(long index, uint offset)
    {
        if (_offsets.Count == 0)
        {
            First = index;
        }

        _offsets.Add(offset);
    }

    public void CutFrom(long index)
    {
        if (index <= Last)
        {
            var kept = (int)Math.Max(0, index - First);
            _offsets.RemoveRange(kept, _offsets.Count - kept);
        }
    }

    /// <summary>No more entries will come: gives back the memory that was kept for them.</summary>
    public void Seal() => _offsets.TrimExcess();

    /// <summary>Gives the room behind the records back to the disk. Only when the next segment's header says where they end.</summary>
    public void Trim()
    {
        File.SetLength(End);
        Size = End;
    }

    /// <summary>Keeps the file open until <see cref="Release"/>, though the segment may be dropped meanwhile. Called under the log's lock.</summary>
    public void Retain() => Interlocked.Increment(ref _users);

    /// <summary>Ends a <see cref="Retain"/>, or the log's own use; the last one closes the file.</summary>
    /// <returns>Whether it was closed.</returns>
    public bool Release()
    {
        if (Interlocked.Decrement(ref _users) > 0)
        {
            return false;
        }

        File.Dispose();
        return true;
    }
}
