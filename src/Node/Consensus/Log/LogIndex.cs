namespace RaftCluster.Node.Consensus.Log;

/// <summary>Where each synced entry stands: the segments in order, whose runs follow each other without a gap. Guarded by the log's lock.</summary>
internal sealed class LogIndex
{
    private readonly List<Segment> _segments = [];

    public IReadOnlyList<Segment> Segments => _segments;

    public void Add(Segment segment)
    {
        if (_segments.Count > 0)
        {
            _segments[^1].Seal();
        }

        _segments.Add(segment);
    }

    /// <summary>An entry was written: it replaces what stood at and after its index.</summary>
    public void Put(long index, Segment segment, uint offset)
    {
        CutFrom(index);
        if (_segments[^1] != segment)
        {
            Add(segment);
        }

        segment.Add(index, offset);
    }

    public void CutFrom(long index)
    {
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            var segment = _segments[i];
            segment.CutFrom(index);
            if (segment.Count > 0)
            {
                return;
            }
        }
    }

    /// <summary>The segment in which <paramref name="index"/> lives; null when it is in none.</summary>
    public Segment? Find(long index)
    {
        var (low, high) = (0, _segments.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            // A segment whose entries were all replaced has no run to compare with: look at the next one that has.
            var probe = middle;
            while (probe < high && _segments[probe].Count == 0)
            {
                probe++;
            }

            var segment = _segments[probe];
            if (segment.Count == 0 || index < segment.First)
            {
                high = middle - 1;
            }
            else if (index > segment.Last)
            {
                low = probe + 1;
            }
            else
            {
                return segment;
            }
        }

        return null;
    }

    /// <summary>Takes out every segment.</summary>
    public IReadOnlyList<Segment> TakeAll()
    {
        Segment[] taken = [.. _segments];
        _segments.Clear();
        return taken;
    }

    /// <summary>
    /// The highest index below which whole segments could be dropped so that at least <paramref name="bytes"/> of
    /// records are left; 0 when there are not more than that.
    /// </summary>
    public long FirstKeeping(long bytes)
    {
        for (var i = _segments.Count - 1; i > 0; i--)
        {
            bytes -= _segments[i].RecordBytes;
            if (bytes <= 0 && _segments[i].Count > 0)
            {
                return _segments[i].First;
            }
        }

        return 0;
    }

    /// <summary>How many bytes the records from <paramref name="index"/> on take.</summary>
    public long BytesFrom(long index)
    {
        var bytes = 0L;
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            var segment = _segments[i];
            if (segment.Count == 0 || segment.First >= index)
            {
                bytes += segment.RecordBytes;
                continue;
            }

            return bytes + (index <= segment.Last ? segment.End - segment.OffsetOf(index) : 0);
        }

        return bytes;
    }

    /// <summary>Takes out the oldest segments in which nothing at or after <paramref name="index"/> lives; never the newest one.</summary>
    public IReadOnlyList<Segment> TakeBefore(long index)
    {
        var count = 0;
        while (count < _segments.Count - 1 && (_segments[count].Count == 0 || _segments[count].Last < index))
        {
            count++;
        }

        if (count == 0)
        {
            return [];
        }

        var taken = _segments.GetRange(0, count);
        _segments.RemoveRange(0, count);
        return taken;
    }
}
