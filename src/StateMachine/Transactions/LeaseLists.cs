namespace RaftCluster.StateMachine.Transactions;

/// <summary>Which rows a transaction listed with leases, and which no longer, over those that are stored.</summary>
internal sealed class LeaseLists(IRowChanges rows)
{
    private readonly SortedDictionary<long, SortedDictionary<RowId, bool>> _lists = [];

    // How many rows more, or fewer, each lease has than is stored.
    private readonly Dictionary<long, long> _more = [];

    /// <summary>What changed: which row, with which lease, whether it is listed now; in order.</summary>
    public IEnumerable<(long Lease, RowId Row, bool Listed)> Changes =>
        _lists.SelectMany(list => list.Value.Select(row => (list.Key, row.Key, row.Value)));

    /// <summary>The leases that rows were taken off, in order.</summary>
    public long[] Left => [.. _lists.Where(list => list.Value.ContainsValue(false)).Select(list => list.Key)];

    /// <summary>Lists a row with a lease, or no longer.</summary>
    public void Set(long lease, in RowId row, bool listed)
    {
        if (!_lists.TryGetValue(lease, out var list))
        {
            _lists.Add(lease, list = new SortedDictionary<RowId, bool>(RowId.Order));
        }

        list[row] = listed;
    }

    /// <summary>Takes a row from one lease to another; 0 is none.</summary>
    public void Move(in RowId row, long from, long to)
    {
        if (from > 0)
        {
            Set(from, row, listed: false);
            _more[from] = _more.GetValueOrDefault(from) - 1;
        }

        if (to > 0)
        {
            Set(to, row, listed: true);
            _more[to] = _more.GetValueOrDefault(to) + 1;
        }
    }

    /// <summary>How many rows a lease has; the locks that it keeps besides count as far as they are stored.</summary>
    public long CountOf(long lease) => rows.CountOfLease(lease) + _more.GetValueOrDefault(lease);

    /// <summary>The rows of a lease, in order.</summary>
    public List<RowId> RowsOf(long lease)
    {
        var stored = rows.RowsOfLease(lease);
        if (!_lists.TryGetValue(lease, out var list))
        {
            return stored;
        }

        var all = new SortedSet<RowId>(stored, RowId.Order);
        foreach (var (row, listed) in list)
        {
            _ = listed ? all.Add(row) : all.Remove(row);
        }

        return [.. all];
    }
}
