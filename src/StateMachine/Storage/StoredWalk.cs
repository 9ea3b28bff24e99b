namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Walks the rows of a range as an entry finds them. Two walks in step: the stored rows, and those that the entry changed,
/// which hide the stored ones.
/// </summary>
internal sealed class StoredWalk : IRowWalk
{
    private readonly PendingRows _pending;
    private readonly bool _descending;
    private readonly Cursor? _cursor;
    private readonly List<ReadOnlyMemory<byte>> _pendingKeys = [];
    private bool _started;
    private bool _hasStored;
    private int _next;
    private bool _onPending;
    private PendingRow _row;

    /// <summary>Opens a walk.</summary>
    /// <param name="database">The database, which must stay open meanwhile.</param>
    /// <param name="pending">What the entry changed; it may go on changing what is behind the walk.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="start">The first key; empty for the first of the table.</param>
    /// <param name="end">The first key that is not meant; empty for no bound.</param>
    /// <param name="descending">From the last key to the first.</param>
    public StoredWalk(
        Database database,
        PendingRows pending,
        ReadOnlySpan<byte> table,
        ReadOnlySpan<byte> start,
        ReadOnlySpan<byte> end,
        bool descending)
    {
        _pending = pending;
        _descending = descending;
        if (!end.IsEmpty && start.SequenceCompareTo(end) >= 0)
        {
            return;
        }

        Span<byte> from = stackalloc byte[RowKey.MaximumLength];
        from = from[..RowKey.Write(from, table, start)];
        Span<byte> to = stackalloc byte[RowKey.MaximumLength];
        to = to[..RowKey.Write(to, table, end)];
        if (end.IsEmpty)
        {
            RowKey.MakeSuccessor(to);
        }

        pending.AddKeysBetween(_pendingKeys, from, to);
        if (descending)
        {
            _pendingKeys.Reverse();
        }

        _cursor = new Cursor(database, Family.Rows, snapshot: 0, from, to);
    }

    public ReadOnlySpan<byte> Key => RowKey.KeyOf(StoredKey);

    public Held Held => _onPending ? _row.Held : RowRecord.Read(Record).Held;

    public string? ContentType => ContentTypes.Name(RowRecord.Read(Record).ContentType);

    public ReadOnlySpan<byte> Value => RowRecord.Read(Record).Value;

    /// <summary>The row's key with its table; valid until the next move.</summary>
    public ReadOnlySpan<byte> StoredKey => _onPending ? _pendingKeys[_next].Span : _cursor!.Key;

    /// <summary>The row's record; valid until the next move.</summary>
    public ReadOnlySpan<byte> Record => _onPending ? _row.Record.Span : _cursor!.Value;

    public bool Next()
    {
        if (_cursor is null)
        {
            return false;
        }

        Move();
        while (_hasStored || _next < _pendingKeys.Count)
        {
            var order = Order();
            _onPending = order >= 0;
            if (order == 0)
            {
                _hasStored = MoveStored();
            }

            if (!_onPending)
            {
                return true;
            }

            Invariant.Holds(_pending.TryGet(_pendingKeys[_next].Span, out _row), "a listed row is pending");
            if (_row.Held.Exists)
            {
                return true;
            }

            _next++;
        }

        return false;
    }

    public void Dispose() => _cursor?.Dispose();

    private void Move()
    {
        if (!_started)
        {
            _started = true;
            _hasStored = _descending ? _cursor!.Last() : _cursor!.First();
        }
        else if (_onPending)
        {
            _next++;
        }
        else
        {
            _hasStored = MoveStored();
        }
    }

    private bool MoveStored() => _descending ? _cursor!.Previous() : _cursor!.Next();

    /// <summary>Below 0 when the stored row comes first, 0 when the entry changed it.</summary>
    private int Order()
    {
        if (!_hasStored)
        {
            return 1;
        }

        return _next == _pendingKeys.Count
            ? -1
            : _cursor!.Key.SequenceCompareTo(_pendingKeys[_next].Span) * (_descending ? -1 : 1);
    }
}
