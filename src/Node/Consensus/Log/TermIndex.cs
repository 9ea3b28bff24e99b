namespace RaftCluster.Node.Consensus.Log;

/// <summary>
/// The term of every index the log holds, and of the one before the first: as runs, for a term lasts for many entries.
/// Guarded by the log's lock.
/// </summary>
internal sealed class TermIndex
{
    // The first run begins at the floor, the index before the first entry; each later one has a higher term.
    private readonly List<(long First, long Term)> _runs;

    public TermIndex(long floor, long floorTerm)
    {
        _runs = [(floor, floorTerm)];
        Last = floor;
    }

    /// <summary>The index before the first entry, whose term is still known.</summary>
    public long Floor => _runs[0].First;

    public long Last { get; private set; }

    public long LastTerm => _runs[^1].Term;

    public long? TermAt(long index)
    {
        if (index > Last || index < Floor)
        {
            return index == 0 ? 0 : null;
        }

        var (low, high) = (0, _runs.Count - 1);
        if (index >= _runs[high].First)
        {
            return _runs[high].Term;
        }

        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            (low, high) = _runs[middle].First <= index ? (middle, high) : (low, middle - 1);
        }

        return _runs[low].Term;
    }

    public void Add(long term)
    {
        Last++;
        if (term != LastTerm)
        {
            _runs.Add((Last, term));
        }
    }

    /// <summary>Forgets what stands at and after <paramref name="index"/>, which is above <see cref="Floor"/>.</summary>
    public void CutFrom(long index)
    {
        while (_runs[^1].First >= index)
        {
            _runs.RemoveAt(_runs.Count - 1);
        }

        Last = index - 1;
    }

    /// <summary>Makes <paramref name="floor"/>, which the log still holds, the index before the first entry.</summary>
    public void RaiseFloor(long floor)
    {
        var run = _runs.FindLastIndex(run => run.First <= floor);
        _runs.RemoveRange(0, run);
        _runs[0] = (floor, _runs[0].Term);
    }
}
