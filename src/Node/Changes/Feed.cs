using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>What there is to do after some events were written.</summary>
internal enum FeedStep
{
    /// <summary>There is more: send what was written, and go on.</summary>
    More,

    /// <summary>This is all for now: send it, and wait.</summary>
    AtEnd,

    /// <summary>Recent events were dropped before this reader took them. It may go on from the store.</summary>
    LeftBehind,

    /// <summary>What comes next is not in the history any more.</summary>
    Compacted,
}

/// <summary>Where a reader of the changes is.</summary>
internal enum FeedPlace
{
    /// <summary>It is sent all rows.</summary>
    InRows,

    /// <summary>It is sent what the change log holds.</summary>
    Behind,

    /// <summary>It has all that there is, and is told what comes.</summary>
    AtEnd,
}

/// <summary>
/// One reader's way through the history: all rows first if it wants them, then what is in the change log, a slice at a
/// time, then what the hub passes on; and back to the change log whenever the hub has no more of it. For one reader.
/// </summary>
internal sealed class Feed : IDisposable
{
    /// <summary>How much is written before it is sent, and under one picture.</summary>
    private const long SliceBytes = 128 << 10;

    private readonly ChangeHub _hub;
    private readonly ChangeFilter _filter;
    private readonly Subscriber _subscriber;
    private SnapshotRows? _rows;
    private StoredEvents? _stored;
    private readonly List<long> _few = new(Subscriber.Few);
    private bool _hasJoined;
    private long _resume;

    private Feed(ChangeHub hub, ChangeFilter filter, long next, SnapshotRows? rows)
    {
        (_hub, _filter, Next, _rows) = (hub, filter, next, rows);
        _subscriber = new Subscriber(filter);
        hub.Add(this);
    }

    /// <summary>
    /// The first revision that was not considered yet: from there on another node can go on. 0 while the rows are being
    /// sent, when nobody can.
    /// </summary>
    public long Next { get; private set; }

    /// <summary>Whether an event has been begun and not ended: nothing else may be written in its middle.</summary>
    public bool IsInside => _stored?.IsInside == true;

    /// <summary>Where it is, for who measures: read from any thread, as it was a moment ago.</summary>
    public FeedPlace Where => Next == 0 ? FeedPlace.InRows : _hasJoined && _stored is null ? FeedPlace.AtEnd : FeedPlace.Behind;

    /// <summary>The first revision that is of interest to it and that it has not looked at, for who measures.</summary>
    /// <param name="applied">The newest revision.</param>
    /// <returns>The revision after <paramref name="applied"/> when there is none.</returns>
    public long FirstUnseen(long applied) => Where switch
    {
        FeedPlace.InRows => applied + 1, // The rows are as new as their picture; what came since is looked at after them.
        FeedPlace.AtEnd when _subscriber.First is var first => first == 0 ? applied + 1 : Math.Min(first, applied + 1),
        _ => Math.Min(Next, applied + 1),
    };

    /// <summary>The revision that has to be kept for it to go on.</summary>
    public long Needed => _rows?.Revision ?? Next;

    /// <summary>The oldest revision that is kept, once there was something that is not.</summary>
    public long OldestRevision { get; private set; }

    /// <summary>Begins at a revision, which may be in the future.</summary>
    public static Feed From(ChangeHub hub, ChangeFilter filter, long revision) => new(hub, filter, revision, rows: null);

    /// <summary>Begins with every row as it is now.</summary>
    public static Feed FromRows(ChangeHub hub, ChangeFilter filter) => new(hub, filter, next: 0, new SnapshotRows(filter));

    /// <summary>Writes some events.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="patience">The reader is gone.</param>
    public ValueTask<FeedStep> ReadAsync(IFeedOutput output, CancellationToken patience) =>
        _hasJoined && _stored is null ? new(ReadRecent(output)) : ReadStoredAsync(output, patience);

    /// <summary>Waits until there may be more, or until <see cref="Wake"/>.</summary>
    public ValueTask WaitAsync() => _subscriber.WaitAsync();

    /// <summary>Ends the wait. Safe from any thread.</summary>
    public void Wake() => _subscriber.Wake();

    /// <inheritdoc/>
    public void Dispose()
    {
        _hub.Remove(this);
        _hub.Part(_subscriber);
        _stored?.Dispose();
        _rows?.Dispose();
    }

    private FeedStep ReadRecent(IFeedOutput output)
    {
        // Read first: whatever is of interest up to here is marked by now.
        var reached = _hub.Reached;
        if (_subscriber.IsReset)
        {
            Part(Next);
            return FeedStep.More;
        }

        var from = _subscriber.Take(reached, _few);
        if (_resume > 0)
        {
            from = _resume;
            _few.Clear();
        }

        _resume = 0;
        if (from > 0)
        {
            var end = output.Written + SliceBytes;
            var count = _few.Count > 0 ? _few.Count : reached - from + 1;
            for (var at = 0L; at < count; at++)
            {
                var revision = _few.Count > 0 ? _few[(int)at] : from + at;
                if (!_hub.Recent.TryGet(revision, out var rendered))
                {
                    Part(revision);
                    return FeedStep.LeftBehind;
                }

#if CHAOS
                if (StateMachine.Mutant.Is(StateMachine.Mutant.SkipChange) && revision % 97 == 0)
                {
                    continue;
                }

#endif
                if (rendered is null || (rendered.IsTooLarge && !rendered.IsFor(_subscriber)))
                {
                    continue;
                }

                if (rendered.IsTooLarge)
                {
                    Part(revision);
                    return FeedStep.More;
                }

                output.Write(rendered, _filter);
                if (output.Written >= end && at + 1 < count)
                {
                    Next = _resume = revision + 1;
                    return FeedStep.More;
                }
            }
        }

        Next = Math.Max(Next, reached + 1);
        return FeedStep.AtEnd;
    }

    /// <summary>Goes on from the store.</summary>
    private void Part(long next)
    {
        _hub.Part(_subscriber);
        _hasJoined = false;
        Next = next;
        _resume = 0;
    }

    private async ValueTask<FeedStep> ReadStoredAsync(IFeedOutput output, CancellationToken patience)
    {
        // Not on the thread that woke this reader, which has others to wake.
        await Task.Yield();
        using (await _hub.TakeTurnAsync(patience))
        {
            using var picture = _hub.Store.Read();
            return _rows is null ? ReadStored(output, picture) : ReadRows(output, picture, _rows);
        }
    }

    private FeedStep ReadRows(IFeedOutput output, IRowReader picture, SnapshotRows rows)
    {
        if (!rows.Begin(picture))
        {
            OldestRevision = picture.OldestRevision;
            return FeedStep.Compacted;
        }

        if (rows.Write(output, picture, SliceBytes))
        {
            Next = rows.Revision + 1;
            rows.Dispose();
            _rows = null;
        }

        return FeedStep.More;
    }

    private FeedStep ReadStored(IFeedOutput output, IRowReader picture)
    {
        if (Next < picture.OldestRevision)
        {
            OldestRevision = picture.OldestRevision;
            return FeedStep.Compacted;
        }

        _stored ??= new StoredEvents(_filter);
        var last = _hasJoined ? _subscriber.Start - 1 : picture.Position.Revision;
        if (Next <= last)
        {
            Next = _stored.Write(output, picture, Next, last, SliceBytes);
        }

        if (Next <= last)
        {
            return FeedStep.More;
        }

        if (!_hasJoined)
        {
            // What is applied between this picture and now is still to be read; what comes after the hub tells.
            _hub.Join(_subscriber, Next);
            _hasJoined = true;
        }

        if (Next < _subscriber.Start)
        {
            return FeedStep.More;
        }

        _stored.Dispose();
        _stored = null;
        return ReadRecent(output);
    }
}
