using System.Buffers;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Changes;

/// <summary>
/// Writes events from the change log as one reader wants them, a slice at a time. A slice may end in the middle of an event:
/// a range delete of a million rows is sent as it is read.
/// </summary>
/// <param name="filter">What the reader wants.</param>
internal sealed class StoredEvents(ChangeFilter filter) : IDisposable
{
    /// <summary>The most records that are gone through in a slice, by what they cost: bytes, and so many for each.</summary>
    private const long MostSearched = 8 << 20;

    private const int CostOfRecord = 256;
    private const int CostOfChange = 64;

    private readonly ChangeJson _json = new();
    private IBufferWriter<byte>? _open;
    private int _offset;

    /// <summary>Whether an event has been begun and not ended.</summary>
    public bool IsInside => _open is not null;

    /// <summary>Writes a slice.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="picture">The picture to read in.</param>
    /// <param name="next">The first revision; the one that the last slice named.</param>
    /// <param name="last">The last one.</param>
    /// <param name="most">About how many bytes may be written.</param>
    /// <returns>The first revision that is not written to its end.</returns>
    public long Write(IFeedOutput output, IRowReader picture, long next, long last, long most)
    {
        using var walk = picture.Changes(new ChangePlace(next, _offset));
        var end = output.Written + most;
        var left = MostSearched;
        while (next <= last && left > 0 && output.Written < end && walk.NextTransaction())
        {
            next = walk.Revision;
            left -= CostOfRecord;
#if CHAOS
            if (StateMachine.Mutant.Is(StateMachine.Mutant.SkipChange) && next % 97 == 0 && _open is null)
            {
                next++;
                continue;
            }

#endif
            if (!Write(output, walk, end + most, ref left))
            {
                _offset = walk.Place.Offset;
                return next;
            }

            _offset = 0;
            next++;
        }

        return next;
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    /// <returns>Whether the transaction was written to its end.</returns>
    private bool Write(IFeedOutput output, IChangeWalk walk, long end, ref long left)
    {
        while (walk.NextChange())
        {
            if (filter.Wants(walk.Operation, walk.Table, walk.Key))
            {
                if (_open is null)
                {
                    _open = output.BeginEvent(walk.Revision);
                    ChangeJson.WriteHead(_open, walk.Revision, walk.Term, walk.Index, walk.Time);
                }
                else
                {
                    _open.Write(","u8);
                }

                _json.WriteChange(_open, walk);
            }

            left -= CostOfChange;
            // Between two events is the better place to stop: only a long one is cut.
            if ((output.Written >= end || left <= 0) && walk.Place.Offset < walk.Length)
            {
                return false;
            }
        }

        if (_open is not null)
        {
            _open.Write(ChangeJson.Tail);
            output.EndEvent();
            _open = null;
        }

        return true;
    }
}
