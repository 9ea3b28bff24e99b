using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>One thing found in a log's folder.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Offset">Where in it, in bytes.</param>
public abstract record LogFinding(string File, long Offset)
{
    /// <summary>A segment begins.</summary>
    /// <param name="File">The file's name.</param>
    /// <param name="Sequence">The segment's number.</param>
    /// <param name="BaseIndex">The log's last index when the segment began.</param>
    /// <param name="BaseTerm">Its term.</param>
    /// <param name="BeginsAnew">Whether the log begins anew here, behind a snapshot: everything before is void.</param>
    public sealed record SegmentBegins(string File, long Sequence, long BaseIndex, long BaseTerm, bool BeginsAnew) : LogFinding(File, 0);

    /// <summary>A segment that is void, since the log begins anew in a later one: the next start removes it, whatever it holds.</summary>
    /// <param name="File">The file's name.</param>
    /// <param name="Since">The file in which the log begins anew.</param>
    public sealed record Void(string File, string Since) : LogFinding(File, 0);

    /// <summary>An intact record.</summary>
    /// <param name="File">The file's name.</param>
    /// <param name="Offset">Where it begins.</param>
    /// <param name="Entry">The entry: it replaces what stood at and after its index.</param>
    /// <param name="PreviousTerm">The term of the entry before it.</param>
    /// <param name="Synced">Everything in this file before this offset was on the disk when the record was written.</param>
    public sealed record Written(string File, long Offset, LogEntry Entry, long PreviousTerm, long Synced) : LogFinding(File, Offset);

    /// <summary>A note that everything before it was synced.</summary>
    /// <param name="File">The file's name.</param>
    /// <param name="Offset">Where it is.</param>
    public sealed record Marked(string File, long Offset) : LogFinding(File, Offset);

    /// <summary>What a crash left of a batch that was never reported as synced.</summary>
    /// <param name="File">The file's name.</param>
    /// <param name="Offset">Where it begins.</param>
    public sealed record Torn(string File, long Offset) : LogFinding(File, Offset);

    /// <summary>What was written there is not there any more. What follows in the file is not read.</summary>
    /// <param name="File">The file's name.</param>
    /// <param name="Offset">Where it begins.</param>
    /// <param name="What">What is wrong.</param>
    public sealed record Damaged(string File, long Offset, string What) : LogFinding(File, Offset);
}

/// <summary>Reads a log's folder record by record, in the order of writing, and changes nothing: for tools, while no node uses the folder.</summary>
public static class LogInspector
{
    /// <summary>Everything in <paramref name="folder"/>'s segments.</summary>
    /// <exception cref="IOException">The folder or a file can't be read.</exception>
    public static IEnumerable<LogFinding> Read(string folder) => Read(folder, LocalDisk.Instance);

    internal static IEnumerable<LogFinding> Read(string folder, IDisk disk)
    {
        var segments = LogFolder.Segments(disk, folder);
        var begin = segments.LastOrDefault(sequence => BeginsAnew(disk, folder, sequence));

        // Each segment's end stands in the next one's header, so one segment is always looked ahead.
        (string Name, SegmentHeader Header)? waiting = null;
        foreach (var sequence in segments)
        {
            var name = LogFolder.SegmentName(sequence);
            var wrong = ReadHeader(disk, Path.Combine(folder, name), out var header);
            wrong ??= header.Sequence == sequence ? null : $"its header is that of segment {header.Sequence:x16}";
            wrong ??= waiting is { } before && before.Header.Sequence != sequence - 1 ? "the segment before it is missing" : null;
            wrong ??= waiting is { } previous && previous.Header.Salt != header.PreviousSalt ? "it does not continue the segment before it" : null;
            if (wrong is not null)
            {
                yield return new LogFinding.Damaged(name, 0, wrong);
            }

            foreach (var finding in ReadSegment(disk, folder, waiting, wrong is null ? header.PreviousEnd : null, begin))
            {
                yield return finding;
            }

            waiting = wrong is null ? (name, header) : null;
        }

        foreach (var finding in ReadSegment(disk, folder, waiting, end: null, begin))
        {
            yield return finding;
        }
    }

    private static bool BeginsAnew(IDisk disk, string folder, long sequence) =>
        ReadHeader(disk, Path.Combine(folder, LogFolder.SegmentName(sequence)), out var header) is null && header.BeginsAnew;

    private static string? ReadHeader(IDisk disk, string path, out SegmentHeader header)
    {
        using var file = disk.Open(path, DiskOpen.Read);
        Span<byte> bytes = stackalloc byte[SegmentHeader.Bytes];
        return SegmentHeader.TryRead(bytes[..file.Read(0, bytes)], out header);
    }

    private static IEnumerable<LogFinding> ReadSegment(
        IDisk disk, string folder, (string Name, SegmentHeader Header)? segment, long? end, long begin)
    {
        if (segment is not { } found)
        {
            yield break;
        }

        var (name, header) = found;
        if (header.Sequence < begin)
        {
            yield return new LogFinding.Void(name, LogFolder.SegmentName(begin));
            yield break;
        }

        yield return new LogFinding.SegmentBegins(name, header.Sequence, header.BaseIndex, header.BaseTerm, header.BeginsAnew);
        using var file = disk.Open(Path.Combine(folder, name), DiskOpen.Read);
        var scan = new SegmentScan(file, header.Salt);
        var at = (long)SegmentHeader.RecordsBegin;
        while (at < (end ?? long.MaxValue) && scan.TryRead(at, out var record))
        {
            if (record.Kind == LogRecord.Mark)
            {
                yield return new LogFinding.Marked(name, at);
                at += record.Size;
                break;
            }

            var entry = new LogEntry(record.Index, record.Term, (LogEntryKind)record.Kind, scan.Payload(at, record).ToArray());
            yield return new LogFinding.Written(name, at, entry, record.PreviousTerm, record.Synced);
            at += record.Size;
        }

        if (end is { } limit)
        {
            if (at != limit)
            {
                yield return new LogFinding.Damaged(name, at, "an unreadable record");
            }

            yield break;
        }

        switch (scan.JudgeTail(at))
        {
            case TailKind.Torn:
                yield return new LogFinding.Torn(name, at);
                break;
            case TailKind.Damaged:
                yield return new LogFinding.Damaged(name, at, "an unreadable record before others that were written after it was synced");
                break;
            default:
                break;
        }
    }
}
