namespace RaftCluster.StateMachine.Storage;

/// <summary>What the transactions of one entry did so far, row by row, for the ones that come after them.</summary>
internal sealed class PendingRows
{
    private const int KeptCapacity = 4096;

    private static readonly Comparer<ReadOnlyMemory<byte>> Order =
        Comparer<ReadOnlyMemory<byte>>.Create(static (left, right) => left.Span.SequenceCompareTo(right.Span));

    private readonly Dictionary<ReadOnlyMemory<byte>, PendingRow> _rows = new(KeysByBytes.Instance);
    private readonly Dictionary<ReadOnlyMemory<byte>, PendingRow>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    private SortedSet<ReadOnlyMemory<byte>>? _inOrder;

    public PendingRows() => _bySpan = _rows.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Whether the entry changed this row, and what became of it.</summary>
    public bool TryGet(ReadOnlySpan<byte> rowKey, out PendingRow row)
    {
        row = default;
        return _rows.Count > 0 && _bySpan.TryGetValue(rowKey, out row);
    }

    /// <summary>Notes what became of a row; the key must stay as it is until <see cref="Clear"/>.</summary>
    public void Set(ReadOnlyMemory<byte> rowKey, in PendingRow row)
    {
        _rows[rowKey] = row;
        _inOrder?.Add(rowKey);
    }

    /// <summary>The changed rows' keys from one on and before another, which is greater, in the order of their bytes.</summary>
    public void AddKeysBetween(List<ReadOnlyMemory<byte>> keys, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (_rows.Count == 0)
        {
            return;
        }

        // Ordered when the first range asks, and kept so for the others of the entry.
        _inOrder ??= new SortedSet<ReadOnlyMemory<byte>>(_rows.Keys, Order);
        var end = to.ToArray();
        foreach (var key in _inOrder.GetViewBetween(from.ToArray(), end))
        {
            if (!key.Span.SequenceEqual(end))
            {
                keys.Add(key);
            }
        }
    }

    public void Clear()
    {
        _inOrder = null;
        _rows.Clear();
        if (_rows.Capacity > KeptCapacity)
        {
            // Clearing costs as much as the largest entry ever took.
            _rows.TrimExcess(KeptCapacity);
        }
    }
}

/// <summary>What became of a row within an entry.</summary>
/// <param name="Held">Where it stands; none when it was removed.</param>
/// <param name="Record">Its record; empty when it was removed.</param>
internal readonly record struct PendingRow(Held Held, ReadOnlyMemory<byte> Record);
