namespace RaftCluster.Node.Consensus.Log;

/// <summary>Reads a run of entries of one segment from the disk, each checked.</summary>
internal static class DiskReader
{
    // Small enough to stay out of the large object heap; a longer record gets a buffer of its own.
    private const int ChunkBytes = 64 << 10;

    /// <summary>Reads entries until the payloads would exceed the budget.</summary>
    /// <param name="segment">The segment, kept open by the caller.</param>
    /// <param name="first">The first record's index.</param>
    /// <param name="offsets">Where the records are, of consecutive indexes.</param>
    /// <param name="end">Where the last one ends at the latest.</param>
    /// <param name="budget">How many bytes of payloads are still wanted: less what was read.</param>
    /// <param name="into">Receives the entries; when it is empty, the first one is read whatever its size.</param>
    /// <returns>Whether all of them were read.</returns>
    /// <exception cref="LogDamageException">A record is not what was written.</exception>
    public static bool Read(Segment segment, long first, ReadOnlySpan<uint> offsets, long end, ref long budget, List<LogEntry> into)
    {
        var window = Memory<byte>.Empty;
        var start = 0L;
        for (var i = 0; i < offsets.Length; i++)
        {
            var (at, index) = ((long)offsets[i], first + i);
            Load(segment, at, LogRecord.HeaderBytes, end, ref window, ref start);
            var bytes = window.Span[(int)(at - start)..];
            if (!LogRecord.TryReadHeader(bytes, segment.Salt, at, out var record))
            {
                throw new LogDamageException(segment.File.Path, at, index, "the header of a record that was intact before can't be read");
            }

            if (record.Length > budget && into.Count > 0)
            {
                return false;
            }

            Load(segment, at, record.Size, end, ref window, ref start);
            var place = (int)(at - start);
            if (window.Length - place < record.Size
                || !LogRecord.IsIntact(window.Span.Slice(place, record.Size), segment.Salt, at)
                || record.Index != index)
            {
                throw new LogDamageException(segment.File.Path, at, index, "a record that was intact before can't be read");
            }

            budget -= record.Length;
            into.Add(new LogEntry(index, record.Term, (LogEntryKind)record.Kind, window.Slice(place + LogRecord.HeaderBytes, record.Length)));
        }

        return true;
    }

    // A new array for every load: payloads are handed out as slices of it, and live as long as anyone holds them.
    private static void Load(Segment segment, long at, int count, long end, ref Memory<byte> window, ref long start)
    {
        if (at < start || at + count > start + window.Length)
        {
            var wanted = Math.Max(count, (int)Math.Min(ChunkBytes, end - at));
            var bytes = GC.AllocateUninitializedArray<byte>(wanted);
            window = bytes.AsMemory(0, segment.File.Read(at, bytes));
            start = at;
        }
    }
}
