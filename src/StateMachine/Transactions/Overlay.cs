using System.Text;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>
/// What a transaction changed so far, over the rows as the entry's earlier transactions left them. Nothing is written
/// before all of it has succeeded.
/// </summary>
internal sealed class Overlay(IRowChanges rows, AppliedPosition position) : ITransactionRows
{
    // Above every key: no bound.
    private static readonly byte[] LastKey = Enumerable.Repeat(byte.MaxValue, EntryCodec.MaximumKeyLength + 1).ToArray();

    private readonly Dictionary<string, byte[]> _tables = new(StringComparer.Ordinal);
    private readonly SortedSet<OverlayRow> _rows = new(OverlayRow.Order);
    private readonly List<OverlayRow> _inOrder = [];

    public long Revision => position.Revision + 1;

    public long Index => position.Index;

    public long Term => position.Term;

    public long Time => position.Time;

    /// <summary>The changed rows, in the order in which they were first touched.</summary>
    public IEnumerable<OverlayRow> Changes => _inOrder.Where(row => row.IsChanged);

    /// <summary>What was listed with leases, and what no longer.</summary>
    public LeaseLists Lists { get; } = new(rows);

    /// <summary>The oldest revision that can be read afterwards.</summary>
    public long Floor { get; private set; } = rows.Floor;

    /// <summary>Why the transaction can't be done; null as long as it can.</summary>
    public OperationFailure? Failure { get; private set; }

    /// <summary>Where a row stands.</summary>
    public Held Look(string table, ReadOnlySpan<byte> key) =>
        Own(table, key) is { } own ? own.Held : rows.Find(Utf8(table), key);

    public Row? Find(string table, ReadOnlySpan<byte> key)
    {
        if (Own(table, key) is { } own)
        {
            return own.ToRow();
        }

        var held = rows.Find(Utf8(table), key);
        return !held.Exists ? null : new Row(
            key.ToArray(),
            rows.FoundValue.ToArray(),
            rows.FoundContentType,
            held.Revision,
            held.Created,
            held.Version,
            held.Lease);
    }

    public IReadOnlyList<Row> Range(string table, KeyRange range) => [.. Walk(table, range)];

    /// <summary>Goes through the rows of a range; nothing may be changed meanwhile.</summary>
    public IEnumerable<Row> Walk(string table, KeyRange range, bool descending = false, bool withValues = true)
    {
        if (!range.End.IsEmpty && range.Start.Span.SequenceCompareTo(range.End.Span) >= 0)
        {
            yield break;
        }

        using var stored = rows.Walk(Utf8(table), range.Start.Span, range.End.Span, descending);
        using var own = OwnRows(Utf8(table), range, descending).GetEnumerator();
        var (hasStored, hasOwn) = (stored.Next(), own.MoveNext());
        while (hasStored || hasOwn)
        {
            var order = !hasOwn ? -1 : !hasStored ? 1 : stored.Key.SequenceCompareTo(own.Current.Id.Key) * (descending ? -1 : 1);
            if (order < 0)
            {
                yield return ToRow(stored, withValues);
            }
            else if (own.Current.ToRow(withValues) is { } row)
            {
                yield return row;
            }

            // A stored row that was changed shows as it is now.
            hasStored = order > 0 ? hasStored : stored.Next();
            hasOwn = order < 0 ? hasOwn : own.MoveNext();
        }
    }

    public long Put(string table, ReadOnlySpan<byte> key, string? contentType, ReadOnlyMemory<byte> value, long lease = 0)
    {
        var row = Touch(table, key);
        var held = row.Held;
        // However often it is written here, it gets one new version.
        var after = held.Revision == Revision ? held : held.Written(Revision);
        Change(row, after with { Lease = lease });
        (row.ContentType, row.Value) = (contentType, value);
        return after.Version;
    }

    public bool Delete(string table, ReadOnlySpan<byte> key)
    {
        if (!Look(table, key).Exists)
        {
            return false;
        }

        var row = Touch(table, key);
        Change(row, Held.None);
        row.Value = default;
        return true;
    }

    public void Attach(long lease, string table, ReadOnlySpan<byte> key) =>
        Lists.Set(lease, new RowId(Utf8(table), key.ToArray()), listed: true);

    public void Detach(long lease, string table, ReadOnlySpan<byte> key) =>
        Lists.Set(lease, new RowId(Utf8(table), key.ToArray()), listed: false);

    public IReadOnlyList<RowName> RowsOfLease(long lease) =>
        [.. Lists.RowsOf(lease).Select(row => new RowName(Encoding.UTF8.GetString(row.Table), row.Key))];

    /// <summary>Raises the floor, at most to the revision before this transaction.</summary>
    /// <returns>The floor then.</returns>
    public long Compact(long revision)
    {
        Floor = Math.Max(Floor, Math.Min(revision, position.Revision));
        return Floor;
    }

    public void Fail(FailureKind kind, string detail) => Failure ??= new OperationFailure.Impossible(kind, detail);

    private static Row ToRow(IRowWalk stored, bool withValue) => new(
        stored.Key.ToArray(),
        withValue ? stored.Value.ToArray() : default,
        stored.ContentType,
        stored.Held.Revision,
        stored.Held.Created,
        stored.Held.Version,
        stored.Held.Lease);

    private void Change(OverlayRow row, in Held after)
    {
        var lease = row.Held.Lease;
        row.Held = after;
        if (lease != after.Lease)
        {
            Lists.Move(row.Id, lease, after.Lease);
        }
    }

    private OverlayRow Touch(string table, ReadOnlySpan<byte> key)
    {
        if (Own(table, key) is { } own)
        {
            return own;
        }

        var row = new OverlayRow(new RowId(Utf8(table), key.ToArray()), rows.Find(Utf8(table), key));
        _rows.Add(row);
        _inOrder.Add(row);
        return row;
    }

    private OverlayRow? Own(string table, ReadOnlySpan<byte> key) =>
        _rows.Count > 0 && _rows.TryGetValue(Probe(Utf8(table), key.ToArray()), out var row) ? row : null;

    private IEnumerable<OverlayRow> OwnRows(byte[] table, KeyRange range, bool descending)
    {
        if (_rows.Count == 0)
        {
            return [];
        }

        var view = _rows.GetViewBetween(
            Probe(table, range.Start.ToArray()), Probe(table, range.End.IsEmpty ? LastKey : range.End.ToArray()));
        // The view holds its upper bound, the range does not.
        return (descending ? view.Reverse() : view).Where(row => !row.Id.Key.AsSpan().SequenceEqual(range.End.Span));
    }

    private static OverlayRow Probe(byte[] table, byte[] key) => new(new RowId(table, key), default);

    private byte[] Utf8(string table)
    {
        if (!_tables.TryGetValue(table, out var utf8))
        {
            _tables.Add(table, utf8 = Encoding.UTF8.GetBytes(table));
        }

        return utf8;
    }
}
