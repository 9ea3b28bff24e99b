using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// Reads all segments at start, in order, each record checked: against its checksums, and against the index and the
/// terms before it. Only the last segment may end in something unreadable, for only it was being written.
/// </summary>
internal sealed class LogRecovery
{
    private readonly IDisk _disk;
    private readonly string _folder;

    private LogRecovery(IDisk disk, string folder) => (_disk, _folder) = (disk, folder);

    /// <summary>Where every entry is.</summary>
    public LogIndex Index { get; } = new();

    /// <summary>The terms of all entries.</summary>
    public TermIndex Terms { get; private set; } = new(0, 0);

    /// <summary>Segments that the log was begun anew after, the oldest first: to be removed.</summary>
    public IReadOnlyList<Segment> Void { get; private set; } = [];

    /// <summary>Where the last segment's good records end.</summary>
    public long End { get; private set; }

    /// <summary>The part of the last segment before this was proven to be on the disk; the rest may be in the system's memory only.</summary>
    public long ProvenEnd { get; private set; }

    /// <summary>Whether bytes stand after <see cref="End"/> which must never be read as records, so that the segment can't be written on.</summary>
    public bool IsTailSoiled { get; private set; }

    /// <summary>Reads the log in <paramref name="folder"/>.</summary>
    /// <exception cref="LogDamageException">Something is not as it was written.</exception>
    /// <exception cref="DiskException">The disk failed.</exception>
    public static LogRecovery Run(IDisk disk, string folder)
    {
        var recovery = new LogRecovery(disk, folder);
        var segments = recovery.OpenAll();
        var begin = Math.Max(0, segments.FindLastIndex(segment => segment.Header.BeginsAnew));
        recovery.Void = segments[..begin];
        for (var i = begin; i < segments.Count; i++)
        {
            recovery.Replay(segments[i], segments.ElementAtOrDefault(i + 1));
        }

        return recovery;
    }

    private List<Segment> OpenAll()
    {
        var sequences = LogFolder.Segments(_disk, _folder);
        var segments = new List<Segment>(sequences.Count);
        foreach (var sequence in sequences)
        {
            var path = Path.Combine(_folder, LogFolder.SegmentName(sequence));
            var file = _disk.Open(path, sequence == sequences[^1] ? DiskOpen.ReadWrite : DiskOpen.Read);
            var segment = new Segment(file, ReadHeader(file), file.Length);
            Require(segment.Header.Sequence == sequence, file, 0, $"its header is that of segment {segment.Header.Sequence:x16}");
            if (segments.Count > 0)
            {
                var previous = segments[^1];
                Require(previous.Header.Sequence == sequence - 1, file, 0, "the segment before it is missing");
                Require(previous.Salt == segment.Header.PreviousSalt, file, 0, "it does not continue the segment before it");
            }

            segments.Add(segment);
        }

        return segments;
    }

    private static SegmentHeader ReadHeader(IDiskFile file)
    {
        Span<byte> bytes = stackalloc byte[SegmentHeader.Bytes];
        var read = file.Read(0, bytes);
        var wrong = SegmentHeader.TryRead(bytes[..read], out var header);
        if (wrong is not null && SegmentHeader.NewerVersion(bytes[..read]) is { } newer)
        {
            throw new NewerFormatException(file.Path, 0, $"format version {newer}");
        }

        Require(wrong is null, file, 0, wrong ?? "");
        return header;
    }

    private void Replay(Segment segment, Segment? next)
    {
        if (Index.Segments.Count == 0)
        {
            Terms = new TermIndex(segment.Header.BaseIndex, segment.Header.BaseTerm);
        }

        Index.Add(segment);
        Require(
            segment.Header.BaseIndex == Terms.Last && segment.Header.BaseTerm == Terms.LastTerm,
            segment.File,
            0,
            $"it continues after index {segment.Header.BaseIndex} of term {segment.Header.BaseTerm}, and the log before it ends at {Terms.Last} of term {Terms.LastTerm}");

        var scan = new SegmentScan(segment.File, segment.Salt);
        var limit = next?.Header.PreviousEnd ?? long.MaxValue;
        var (at, proven, marked) = ((long)SegmentHeader.RecordsBegin, (long)SegmentHeader.RecordsBegin, false);
        while (at < limit && !marked && scan.TryRead(at, out var record))
        {
            proven = record.Synced;
            marked = record.Kind == LogRecord.Mark;
            if (!marked)
            {
                Take(segment, at, record);
                at += record.Size;
            }
        }

        if (next is not null)
        {
            Require(at == limit, segment.File, at, "an unreadable record", Terms.Last + 1);
        }
        else
        {
            // A mark stands where the next entry goes, so what is behind it is judged, and it is overwritten.
            var tail = scan.JudgeTail(marked ? at + LogRecord.HeaderBytes : at);
            Require(tail != TailKind.Damaged, segment.File, at, "an unreadable record before others that were written after it was synced", Terms.Last + 1);
            (End, ProvenEnd, IsTailSoiled) = (at, proven, tail == TailKind.Torn);
        }

        segment.End = at;
    }

    private void Take(Segment segment, long at, in LogRecord record)
    {
        if (record.Kind > (byte)LogEntryKind.Configuration)
        {
            throw new NewerFormatException(segment.File.Path, at, $"a record of kind {record.Kind} at index {record.Index}");
        }

        Require(
            record.Index >= 1 && record.Index <= Terms.Last + 1 && record.Term >= 1 && record.Term >= record.PreviousTerm,
            segment.File,
            at,
            $"a record with index {record.Index} and term {record.Term} after index {Terms.Last}",
            record.Index);
        if (record.Index <= Terms.Floor)
        {
            // It replaces entries of segments that were dropped since: then all before it was dropped too.
            Terms = new TermIndex(record.Index - 1, record.PreviousTerm);
        }
        else
        {
            Require(
                Terms.TermAt(record.Index - 1) == record.PreviousTerm,
                segment.File,
                at,
                $"a record that follows term {record.PreviousTerm} where the log has term {Terms.TermAt(record.Index - 1)}",
                record.Index);
            Terms.CutFrom(record.Index);
        }

        Terms.Add(record.Term);
        Index.Put(record.Index, segment, (uint)at);
    }

    private static void Require(bool condition, IDiskFile file, long offset, string otherwise, long? index = null)
    {
        if (!condition)
        {
            throw new LogDamageException(file.Path, offset, index, otherwise);
        }
    }
}
