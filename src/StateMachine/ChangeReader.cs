namespace RaftCluster.StateMachine;

/// <summary>Reads what <see cref="ChangeList"/> wrote.</summary>
internal ref struct ChangeReader
{
    private readonly ReadOnlySpan<byte> _record;
    private SpanReader _reader;

    /// <summary>Begins with a record's first change.</summary>
    public ChangeReader(ReadOnlySpan<byte> record)
    {
        _record = record;
        _reader = new SpanReader(record, "change record");
        var format = _reader.U8("format");
        _reader.Require(format == ChangeList.Format, "format is unknown: a newer version wrote it, or it is damaged");
        Term = _reader.I64("term");
        Index = _reader.I64("index");
        Time = _reader.I64("time");
        Count = _reader.U32("count");
        _reader.Require(Count > 0, "it has no change");
    }

    public long Term { get; }

    public long Index { get; }

    public long Time { get; }

    public uint Count { get; }

    public ChangeOperation Operation { get; private set; }

    public ReadOnlySpan<byte> Table { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>The revision of the version before; 0 for none.</summary>
    public long Previous { get; private set; }

    /// <summary>Where the next change begins; the record's length behind the last.</summary>
    public readonly int Offset => _reader.Offset;

    /// <summary>Goes on at a place that <see cref="Offset"/> named.</summary>
    public void GoTo(int offset) => _reader = _reader.At(offset);

    /// <summary>Reads the next change; false behind the last.</summary>
    public bool Next()
    {
        if (_reader.AtEnd)
        {
            return false;
        }

        Operation = (ChangeOperation)_reader.U8("operation");
        _reader.Require(Operation is >= ChangeOperation.Insert and <= ChangeOperation.Delete, "operation is unknown");
        Table = _reader.Slice(_reader.U8("table length"), "table");
        Key = _reader.Slice(_reader.U16("key length"), "key");
        Previous = _reader.I64("previous revision");
        return true;
    }
}
