using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>Makes a log that was read ready to be written on.</summary>
internal static class LogOpening
{
    private const int CopyBytes = 1 << 20;

    /// <summary>Makes sure that what was read is on the disk, and finds the segment to go on in.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="folder">The log's folder.</param>
    /// <param name="recovered">What was read.</param>
    /// <param name="factory">Makes segments.</param>
    /// <param name="options">How the log is used.</param>
    /// <param name="mayBeGone">Whether a log without segments is expected although this node has voted: it was set aside.</param>
    public static SegmentWriter Prepare(IDisk disk, string folder, LogRecovery recovered, SegmentFactory factory, SegmentedLogOptions options, bool mayBeGone)
    {
        var (index, terms) = (recovered.Index, recovered.Terms);
        foreach (var segment in recovered.Void)
        {
            factory.Remove(segment);
        }

        if (index.Segments.Count == 0)
        {
            if (!mayBeGone)
            {
                VoteFile.RequireUnused(disk, folder);
            }

            var first = factory.Begin(null, 0, 0, 0, 0);
            index.Add(first);
            return new SegmentWriter(factory, first, first.End, 0, 0, options.Synced);
        }

        var last = index.Segments[^1];
        WriteAgain(last.File, recovered.ProvenEnd, recovered.End);
        if (!recovered.IsTailSoiled)
        {
            return new SegmentWriter(factory, last, recovered.End, terms.Last, terms.LastTerm, options.Synced);
        }

        // What a crash left behind the end could be taken for records once new ones stand before it: go on elsewhere.
        var next = factory.Begin(last, terms.Last, terms.LastTerm, recovered.End, 0);
        last.Trim();
        index.Add(next);
        return new SegmentWriter(factory, next, next.End, terms.Last, terms.LastTerm, options.Synced);
    }

    /// <summary>
    /// Writes the last batch once more, as it is, and syncs it. It was read, but perhaps from the system's memory only;
    /// and after a sync that failed, that memory may pass for clean, so that a sync alone would write nothing.
    /// </summary>
    private static void WriteAgain(IDiskFile file, long from, long to)
    {
        var buffer = new byte[Math.Min(CopyBytes, to - from)];
        for (var at = from; at < to; at += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - at));
            file.Write(at, part[..file.Read(at, part)]);
        }

        file.Sync();
    }
}
