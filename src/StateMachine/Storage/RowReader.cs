using System.Text;

namespace RaftCluster.StateMachine.Storage;

/// <summary>Reads one picture.</summary>
internal sealed partial class RowReader(Picture picture) : IRowReader
{
    private readonly List<IDisposable> _walks = [];
    private HistoryLookup? _history;
    private bool _disposed;

    public AppliedPosition Position => picture.Position;

    public long OldestRevision => picture.Floor;

    public Row? Get(string table, ReadOnlySpan<byte> key, long revision)
    {
        Check(revision);
        if (key.Length > EntryCodec.MaximumKeyLength)
        {
            return null;
        }

        Span<byte> rowKey = stackalloc byte[RowKey.MaximumLength];
        var prefix = RowKey.WritePrefix(rowKey, table);
        key.CopyTo(rowKey[prefix..]);
        rowKey = rowKey[..(prefix + key.Length)];
        using (var stored = picture.Database.Get(Family.Rows, rowKey, picture.ReadOptions))
        {
            if (stored.Found)
            {
                var record = RowRecord.Read(stored.Bytes);
                if (record.Held.Revision <= revision)
                {
                    return record.ToRow(key);
                }
            }
        }

        if (revision == picture.Position.Revision)
        {
            return null;
        }

        _history ??= new HistoryLookup(picture);
        return _history.Find(rowKey, key, revision);
    }

    public IEnumerable<Row> Range(string table, KeyRange range, long revision, bool descending = false)
    {
        Check(revision);
        return Walk(table, range, revision, descending);
    }

    public long Count(string table, KeyRange range, long revision)
    {
        Check(revision);
        if (IsEmpty(range))
        {
            return 0;
        }

        using var walk = Open(table, range, revision, descending: false);
        var count = 0L;
        while (walk.Next())
        {
            count++;
        }

        return count;
    }

    public TableSize SizeOf(string table)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var record = picture.Database.Get(
            Family.Meta, [.. MetaRecords.SizePrefix, .. Encoding.UTF8.GetBytes(table)], picture.ReadOptions);
        return record.Found ? MetaRecords.ReadSize(record.Bytes) : default;
    }

    public IEnumerable<RowName> RowsOfLease(long lease)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return WalkLease(lease);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _history?.Dispose();
        // Whoever stopped in the middle of a range must not keep RocksDB's memory.
        foreach (var walk in _walks)
        {
            walk.Dispose();
        }

        picture.Leave();
    }

    private static bool IsEmpty(KeyRange range) =>
        !range.End.IsEmpty && range.Start.Span.SequenceCompareTo(range.End.Span) >= 0;

    private IEnumerable<Row> Walk(string table, KeyRange range, long revision, bool descending)
    {
        if (IsEmpty(range))
        {
            yield break;
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        var walk = Open(table, range, revision, descending);
        _walks.Add(walk);
        try
        {
            while (walk.Next())
            {
                yield return walk.Record.ToRow(walk.Key);
            }
        }
        finally
        {
            _walks.Remove(walk);
            walk.Dispose();
        }
    }

    private IEnumerable<RowName> WalkLease(long lease)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var cursor = OpenLease(lease);
        _walks.Add(cursor);
        try
        {
            for (var stands = cursor.First(); stands; stands = cursor.Next())
            {
                var rowKey = LeaseIndex.RowKeyOf(cursor.Key);
                yield return new RowName(Encoding.UTF8.GetString(RowKey.TableOf(rowKey)), RowKey.KeyOf(rowKey).ToArray());
            }
        }
        finally
        {
            _walks.Remove(cursor);
            cursor.Dispose();
        }
    }

    private Cursor OpenLease(long lease)
    {
        Span<byte> from = stackalloc byte[LeaseIndex.LeaseLength];
        Span<byte> to = stackalloc byte[LeaseIndex.LeaseLength];
        LeaseIndex.WritePrefix(from, lease);
        LeaseIndex.WritePrefix(to, lease + 1);
        return picture.Walk(Family.LeaseRows, from, to);
    }

    private RangeWalk Open(string table, KeyRange range, long revision, bool descending)
    {
        Span<byte> prefix = stackalloc byte[RowKey.MaximumPrefixLength];
        prefix = prefix[..RowKey.WritePrefix(prefix, table)];
        byte[] from = [.. prefix, .. range.Start.Span];
        byte[] to = [.. prefix, .. range.End.Span];
        if (range.End.IsEmpty)
        {
            RowKey.MakeSuccessor(to);
        }

        return new RangeWalk(picture, from, to, revision, descending);
    }

    private void Check(long revision)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Invariant.Holds(revision <= picture.Position.Revision, "a revision that is read is in the picture");
        Invariant.Holds(revision >= picture.Floor, "a revision that is read has not been compacted");
    }
}
