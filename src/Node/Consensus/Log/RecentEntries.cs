using System.Numerics;

namespace RaftCluster.Node.Consensus.Log;

/// <summary>The newest entries, in memory: everything that is not synced, and before it as much as fits. Guarded by the log's lock.</summary>
internal sealed class RecentEntries(long next, long maximumBytes)
{
    private const int Overhead = 48;

    private LogEntry[] _ring = new LogEntry[64];
    private int _start;
    private int _count;
    private long _bytes;

    /// <summary>The oldest index in memory; the next index to come when there is none.</summary>
    public long First { get; private set; } = next;

    public LogEntry this[long index] => _ring[Slot((int)(index - First))];

    public void Add(in LogEntry entry)
    {
        if (_count == _ring.Length)
        {
            Grow();
        }

        _ring[Slot(_count++)] = entry;
        _bytes += entry.Payload.Length + Overhead;
    }

    public void CutFrom(long index)
    {
        while (_count > 0 && First + _count > index)
        {
            Forget(Slot(--_count));
        }

        First = Math.Min(First, index);
    }

    /// <summary>Lets go of the oldest entries up to <paramref name="synced"/> until the rest fits.</summary>
    public void Evict(long synced)
    {
        while (_bytes > maximumBytes && _count > 0 && First <= synced)
        {
            DropFirst();
        }
    }

    public void DropBefore(long index)
    {
        while (_count > 0 && First < index)
        {
            DropFirst();
        }

        First = Math.Max(First, index);
    }

    private void DropFirst()
    {
        Forget(_start);
        _start = Slot(1);
        _count--;
        First++;
    }

    private void Forget(int slot)
    {
        _bytes -= _ring[slot].Payload.Length + Overhead;
        _ring[slot] = default;
    }

    private int Slot(int position) => (_start + position) & (_ring.Length - 1);

    private void Grow()
    {
        var larger = new LogEntry[BitOperations.RoundUpToPowerOf2((uint)_ring.Length + 1)];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _ring[Slot(i)];
        }

        (_ring, _start) = (larger, 0);
    }
}
