using System.Diagnostics;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>Where an entry was written.</summary>
internal readonly record struct Location(Segment Segment, uint Offset);

/// <summary>Writes records behind each other, into segment after segment. Used by one thread.</summary>
internal sealed class SegmentWriter
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Below this many bytes a sync, the next segment is worth zeroing.</summary>
    private const int SmallSync = 64 << 10;

    private readonly SegmentFactory _factory;
    private byte[] _buffer = [];
    private int _buffered;
    private readonly Action<TimeSpan, long>? _told;
    private Segment _active;
    private long _end;
    private long _synced;
    private long _lastIndex;
    private long _lastTerm;
    private long _begunAt;
    private long _syncs;
    private long _untold;

    /// <param name="factory">Makes segments.</param>
    /// <param name="active">The segment to go on in.</param>
    /// <param name="end">Where its records end; everything before is on the disk.</param>
    /// <param name="lastIndex">The log's last index.</param>
    /// <param name="lastTerm">The log's last term.</param>
    /// <param name="told">Told how long each sync of records took, and of how many bytes; null for nobody.</param>
    public SegmentWriter(SegmentFactory factory, Segment active, long end, long lastIndex, long lastTerm, Action<TimeSpan, long>? told = null)
        => (_factory, _active, _end, _synced, _begunAt, _lastIndex, _lastTerm, _told) = (factory, active, end, end, end, lastIndex, lastTerm, told);

    /// <summary>Takes a record into the buffer; it is on the disk after the next <see cref="Sync"/>.</summary>
    public Location Add(in LogEntry entry, long previousTerm)
    {
        var size = LogRecord.SizeOf(entry.Payload.Length);
        if (_end + size + LogRecord.HeaderBytes > _active.Size)
        {
            Roll(size + LogRecord.HeaderBytes); // With room for the mark behind it.
        }

        if (_buffered + size > _buffer.Length)
        {
            Flush();
            if (size > _buffer.Length)
            {
                var usual = (int)Math.Min(BufferBytes, _active.Size);
                _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(size, usual));
            }
        }

        var record = new LogRecord(entry.Payload.Length, (uint)_synced, (byte)entry.Kind, entry.Index, entry.Term, previousTerm);
        record.Write(_buffer.AsSpan(_buffered, size), entry.Payload.Span, _active.Salt, _end);
        var location = new Location(_active, (uint)_end);
        _buffered += size;
        _end += size;
        (_lastIndex, _lastTerm) = (entry.Index, entry.Term);
        return location;
    }

    /// <summary>Puts everything on the disk.</summary>
    public void Sync()
    {
        var begun = Stopwatch.GetTimestamp();
        Flush();
#if CHAOS
        try
        {
            _active.File.Sync();
        }
        catch (Disk.DiskException) when (StateMachine.Mutant.Is(StateMachine.Mutant.ServeAfterDiskError))
        {
            // As if nothing were.
        }
#else
        _active.File.Sync();
#endif
        _told?.Invoke(Stopwatch.GetElapsedTime(begun), _untold);
        _untold = 0;
        _synced = _active.End = _end;
        _syncs++;
        if (_end > _active.Size / 2)
        {
            _factory.PrepareAhead(zeroed: (_end - _begunAt) / _syncs < SmallSync);
        }

        if (_buffer.Length > BufferBytes)
        {
            _buffer = []; // A rare giant must not hold its memory for ever.
        }
    }

    /// <summary>
    /// Notes behind the last record that it was synced. The note is not synced itself and the next record overwrites
    /// it: where it is found, it turns the doubt about an unreadable last batch into certainty.
    /// </summary>
    public void Mark()
    {
        Span<byte> mark = stackalloc byte[LogRecord.HeaderBytes];
        new LogRecord(0, (uint)_synced, LogRecord.Mark, _lastIndex, _lastTerm, _lastTerm).Write(mark, [], _active.Salt, _end);
        _active.File.Write(_end, mark);
    }

    /// <summary>Begins a segment in which the log begins anew after <paramref name="index"/>, durably. What was written before is void.</summary>
    /// <returns>The segment.</returns>
    public Segment BeginAnew(long index, long term)
    {
        _active = _factory.Begin(_active, index, term, _end, 0, anew: true);
        _end = _synced = _begunAt = SegmentHeader.RecordsBegin;
        (_syncs, _lastIndex, _lastTerm) = (0, index, term);
        return _active;
    }

    private void Roll(int size)
    {
        Flush();
        _active.File.Sync();
        _active.End = _end;
        _active = _factory.Begin(_active, _lastIndex, _lastTerm, _end, size);
        _end = _synced = _begunAt = SegmentHeader.RecordsBegin;
        _syncs = 0;
    }

    private void Flush()
    {
        if (_buffered > 0)
        {
            _active.File.Write(_end - _buffered, _buffer.AsSpan(0, _buffered));
            _untold += _buffered;
            _buffered = 0;
        }
    }
}
