namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Walks the rows of a range as they stood at a revision: those whose present version is old enough, and for the
/// others what history has, in the order of their keys.
/// </summary>
internal sealed class RangeWalk : IDisposable
{
    private readonly long _revision;
    private readonly bool _descending;
    private readonly Cursor _present;
    private readonly HistoryWalk? _past;
    private bool _started;
    private bool _hasPresent;
    private bool _hasPast;
    private bool _onPresent;

    /// <summary>Opens a walk.</summary>
    /// <param name="picture">The picture to walk in.</param>
    /// <param name="from">The first row key.</param>
    /// <param name="to">The first row key that is beyond, a table's end if no other.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="descending">From the last key to the first.</param>
    public RangeWalk(Picture picture, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, long revision, bool descending)
    {
        _revision = revision;
        _descending = descending;
        _present = picture.Walk(Family.Rows, from, to);
        // Nothing of the past shows at the picture's own revision.
        _past = revision < picture.Position.Revision
            ? new HistoryWalk(picture, from, to, revision, descending)
            : null;
    }

    /// <summary>The row's key, without its table; valid until the next move.</summary>
    public ReadOnlySpan<byte> Key => _onPresent ? RowKey.KeyOf(_present.Key) : _past!.Key;

    /// <summary>The row; valid until the next move.</summary>
    public RowRecord Record => RowRecord.Read(_onPresent ? _present.Value : _past!.Value);

    /// <summary>Moves to the next row; false after the last.</summary>
    public bool Next()
    {
        if (!_started)
        {
            _started = true;
            _hasPresent = SkipNewer(_descending ? _present.Last() : _present.First());
            _hasPast = _past is not null && _past.Next();
        }
        else if (_onPresent)
        {
            _hasPresent = SkipNewer(MovePresent());
        }
        else
        {
            _hasPast = _past!.Next();
        }

        if (_hasPresent && _hasPast)
        {
            var order = RowKey.KeyOf(_present.Key).SequenceCompareTo(_past!.Key);
            if (order == 0)
            {
                // What history has of this row is older than its present version, which is old enough.
                _hasPast = _past.Next();
            }

            _onPresent = order == 0 || (order < 0) != _descending;
            return true;
        }

        _onPresent = _hasPresent;
        return _hasPresent || _hasPast;
    }

    public void Dispose()
    {
        _present.Dispose();
        _past?.Dispose();
    }

    private bool MovePresent() => _descending ? _present.Previous() : _present.Next();

    private bool SkipNewer(bool stands)
    {
        while (stands && _past is not null && RowRecord.RevisionOf(_present.Value) > _revision)
        {
            stands = MovePresent();
        }

        return stands;
    }
}
