using System.Buffers.Binary;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Walks the change log in a picture. The records stay where RocksDB has them; a version is found by its revision with
/// one lookup when it is the row's present one, and one more when it is not.
/// </summary>
internal sealed class ChangeWalk : IChangeWalk
{
    private readonly Picture _picture;
    private readonly Cursor _cursor;
    private readonly byte[] _rowKey = new byte[RowKey.MaximumLength];
    private readonly byte[] _historyKey = new byte[HistoryKey.MaximumLength];
    private int _next;
    private int _tableLength;
    private int _rowKeyLength;
    private long _previous;
    private long _expected;
    private bool _started;

    /// <summary>Opens a walk.</summary>
    /// <param name="picture">The picture to walk in.</param>
    /// <param name="from">Where it begins: not before the picture's floor.</param>
    public ChangeWalk(Picture picture, ChangePlace from)
    {
        _picture = picture;
        // There is no revision 0.
        _expected = Math.Max(1, from.Revision);
        _next = from.Offset;
        Span<byte> key = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, _expected);
        _cursor = picture.Walk(Family.Changes, key, []);
    }

    public ChangePlace Place => new(Revision, _next);

    public long Revision { get; private set; }

    public long Term { get; private set; }

    public long Index { get; private set; }

    public long Time { get; private set; }

    public long Count { get; private set; }

    public int Length { get; private set; }

    public ChangeOperation Operation { get; private set; }

    public ReadOnlySpan<byte> Table => _rowKey.AsSpan(1, _tableLength);

    public ReadOnlySpan<byte> Key => _rowKey.AsSpan(1 + _tableLength, _rowKeyLength - 1 - _tableLength);

    public bool NextTransaction()
    {
        if (!(_started ? _cursor.Next() : _cursor.First()))
        {
            Invariant.Holds(_expected > _picture.Position.Revision, "the change log has every revision");
            return false;
        }

        Revision = BinaryPrimitives.ReadInt64BigEndian(_cursor.Key);
        Invariant.Holds(Revision == _expected, "the change log has every revision");
        var record = new ChangeReader(_cursor.Value);
        (Term, Index, Time, Count, Length) = (record.Term, record.Index, record.Time, record.Count, _cursor.Value.Length);
        // Only the first transaction of a walk may be gone on with in its middle.
        _next = _started || _next == 0 ? record.Offset : _next;
        _started = true;
        _expected++;
        return true;
    }

    public bool NextChange()
    {
        Invariant.Holds(Revision > 0, "a walk stands on a transaction");
        var record = new ChangeReader(_cursor.Value);
        record.GoTo(_next);
        if (!record.Next())
        {
            return false;
        }

        _next = record.Offset;
        _previous = record.Previous;
        Operation = record.Operation;
        _tableLength = record.Table.Length;
        _rowKeyLength = RowKey.Write(_rowKey, record.Table, record.Key);
        return true;
    }

    public void Rewind()
    {
        Invariant.Holds(Revision > 0, "a walk stands on a transaction");
        _next = ChangeList.HeaderLength;
    }

    public Row? ReadBefore()
    {
        if (Operation == ChangeOperation.Insert)
        {
            return null;
        }

        // Most often it is not the present version: this change, or a later one, has superseded it.
        var row = Superseded(_previous);
        Invariant.Holds(
            row is not null || Revision <= _picture.Floor, "a version that a change superseded is kept as long as the change");
        return row;
    }

    public Row? ReadAfter()
    {
        if (Operation == ChangeOperation.Delete)
        {
            return null;
        }

        var row = Present(Revision) ?? Superseded(Revision);
        Invariant.Holds(
            row is not null || Revision <= _picture.Floor, "a version that a change wrote is kept as long as the change");
        return row;
    }

    public void Dispose() => _cursor.Dispose();

    private Row? Present(long revision)
    {
        using var stored = _picture.Database.Get(Family.Rows, _rowKey.AsSpan(0, _rowKeyLength), _picture.ReadOptions);
        return stored.Found && RowRecord.RevisionOf(stored.Bytes) == revision ? RowRecord.Read(stored.Bytes).ToRow(Key) : null;
    }

    private Row? Superseded(long revision)
    {
        var group = HistoryKey.WriteGroup(_historyKey, _rowKey.AsSpan(0, _rowKeyLength));
        var length = HistoryKey.WriteRevision(_historyKey, group, revision);
        using var stored = _picture.Database.Get(Family.History, _historyKey.AsSpan(0, length), _picture.ReadOptions);
        return stored.Found ? RowRecord.Read(stored.Bytes).ToRow(Key) : null;
    }
}
