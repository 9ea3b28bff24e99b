namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Walks history row by row, standing on the version that was the newest at a revision; rows that did not exist then
/// are passed over.
/// </summary>
internal sealed class HistoryWalk : IDisposable
{
    // So many versions are cheaper to step over than to seek past.
    private const int StepsBeforeSeek = 4;

    private readonly Cursor _cursor;
    private readonly long _revision;
    private readonly bool _descending;
    private readonly byte[] _sought = new byte[HistoryKey.MaximumLength];
    private readonly byte[] _key = new byte[EntryCodec.MaximumKeyLength];
    private int _groupLength;
    private int _keyLength;
    private bool _started;

    /// <summary>Opens a walk.</summary>
    /// <param name="picture">The picture to walk in.</param>
    /// <param name="from">The first row key.</param>
    /// <param name="to">The first row key that is beyond.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="descending">From the last key to the first.</param>
    public HistoryWalk(Picture picture, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, long revision, bool descending)
    {
        _revision = revision;
        _descending = descending;
        Span<byte> lower = stackalloc byte[HistoryKey.MaximumLength];
        Span<byte> upper = stackalloc byte[HistoryKey.MaximumLength];
        _cursor = picture.Walk(
            Family.History,
            lower[..HistoryKey.WriteBound(lower, from)],
            upper[..HistoryKey.WriteBound(upper, to)]);
    }

    /// <summary>The row's key, without its table; valid until the next move.</summary>
    public ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyLength);

    /// <summary>The version's record; valid until the next move.</summary>
    public ReadOnlySpan<byte> Value => _cursor.Value;

    private ReadOnlySpan<byte> Group => _sought.AsSpan(0, _groupLength);

    /// <summary>Moves to the next row that existed at the revision; false after the last.</summary>
    public bool Next()
    {
        var stands = _started ? LeaveGroup() : Start();
        while (stands)
        {
            EnterGroup();
            if (FindVersion(out stands))
            {
                _keyLength = HistoryKey.ReadKey(_key, Group);
                return true;
            }
        }

        return false;
    }

    public void Dispose() => _cursor.Dispose();

    private bool Start()
    {
        _started = true;
        return _descending ? _cursor.Last() : _cursor.First();
    }

    private void EnterGroup()
    {
        var group = HistoryKey.GroupOf(_cursor.Key);
        group.CopyTo(_sought);
        _groupLength = group.Length;
    }

    /// <summary>Looks in this group for the version; if there is none, goes on to the next group.</summary>
    /// <param name="stands">Whether the cursor stands, on the version or in the next group.</param>
    private bool FindVersion(out bool stands)
    {
        // Ascending, a group is entered at its newest version; descending, at its oldest.
        var entered = HistoryKey.RevisionOf(_cursor.Key);
        if (_descending && entered > _revision)
        {
            stands = LeaveGroup();
            return false;
        }

        if (_descending || entered > _revision)
        {
            var length = HistoryKey.WriteRevision(_sought, _groupLength, _revision);
            stands = _cursor.AtOrAfter(_sought.AsSpan(0, length));
            if (!stands || !IsInGroup())
            {
                return false;
            }
        }

        if (!RowRecord.Read(_cursor.Value).IsTombstone)
        {
            stands = true;
            return true;
        }

        stands = LeaveGroup();
        return false;
    }

    private bool LeaveGroup()
    {
        if (_descending)
        {
            // The group itself sorts before all its versions and is no key.
            return _cursor.AtOrBefore(Group);
        }

        for (var step = 0; step < StepsBeforeSeek; step++)
        {
            if (!_cursor.Next())
            {
                return false;
            }

            if (!IsInGroup())
            {
                return true;
            }
        }

        // A group ends in 0x00 0x00, and 0x00 0x01 never stands in a key: this is just behind the group.
        _sought[_groupLength - 1] = 1;
        var stands = _cursor.AtOrAfter(Group);
        _sought[_groupLength - 1] = 0;
        return stands;
    }

    private bool IsInGroup() => HistoryKey.GroupOf(_cursor.Key).SequenceEqual(Group);
}
