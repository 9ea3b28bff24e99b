using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// Reads a segment's records in order, and judges what stands after the last good one. Every record names the offset
/// up to which its segment was on the disk when it was written. So when something unreadable is followed anywhere by a
/// record written after a sync that covered it, it was on the disk once, and is damaged; when not, it is what a crash
/// left of the last, unfinished batch, of which the disk may have kept any part.
/// </summary>
internal sealed class SegmentScan(IDiskFile file, ulong salt)
{
    private readonly FileWindow _window = new(file);

    /// <summary>Reads the record at <paramref name="offset"/>.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="record">Its header.</param>
    /// <returns>Whether a whole and intact record is there.</returns>
    public bool TryRead(long offset, out LogRecord record)
    {
        if (!LogRecord.TryReadHeader(_window.Peek(offset, LogRecord.HeaderBytes), salt, offset, out record))
        {
            return false;
        }

        var whole = _window.Peek(offset, record.Size);
        return whole.Length == record.Size && LogRecord.IsIntact(whole, salt, offset);
    }

    /// <summary>The payload of the record at <paramref name="offset"/>, which was read just now. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Payload(long offset, in LogRecord record)
        => _window.Peek(offset, record.Size).Slice(LogRecord.HeaderBytes, record.Length);

    /// <summary>Judges the bytes from <paramref name="offset"/> on, where no record can be read.</summary>
    /// <param name="offset">The first unreadable byte: a multiple of 8.</param>
    public TailKind JudgeTail(long offset)
    {
        var kind = TailKind.Empty;
        for (var at = offset; _window.FirstNonZero(at) is { } found; at += 8)
        {
            kind = TailKind.Torn;
            at = found & ~7L;
            if (at > offset
                && LogRecord.TryReadHeader(_window.Peek(at, LogRecord.HeaderBytes), salt, at, out var later)
                && later.Synced > offset)
            {
                return TailKind.Damaged;
            }
        }

        return kind;
    }
}

/// <summary>What stands after the last good record.</summary>
internal enum TailKind
{
    /// <summary>Nothing but zeros up to the end of the file.</summary>
    Empty,

    /// <summary>Remains of a batch that was never reported as synced, or of the file's earlier use.</summary>
    Torn,

    /// <summary>Something that was on the disk once.</summary>
    Damaged,
}
