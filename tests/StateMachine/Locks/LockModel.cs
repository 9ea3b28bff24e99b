namespace RaftCluster.Tests.StateMachine.Locks;

/// <summary>
/// Leases, locks and the rows they keep, as plainly as can be: who holds what, who waits behind whom, and which keys need
/// which lock. It shares no code with the state machine, and knows one table.
/// </summary>
internal sealed class LockModel
{
    private readonly SortedDictionary<string, Entry> _locks = new(StringComparer.Ordinal);

    public long Revision { get; private set; }

    /// <summary>Each lease and whether it lives for its rows alone.</summary>
    public SortedDictionary<long, bool> Leases { get; } = [];

    /// <summary>Each key and the lease it is on; 0 for none.</summary>
    public SortedDictionary<string, long> Rows { get; } = new(StringComparer.Ordinal);

    /// <summary>Every fence that was ever given, in the order they were.</summary>
    public List<(string Lock, long Number)> Fences { get; } = [];

    /// <summary>What the locks' rows should say.</summary>
    public IEnumerable<string> Describe() => _locks.Where(entry => entry.Value is not { Holder: null, Guards.Count: 0 }).Select(
        entry => $"{entry.Key}: {entry.Value.Holder?.Owner ?? "nobody"} {entry.Value.Fence} "
            + $"[{string.Join(' ', entry.Value.Waiters.Select(waiter => $"{waiter.Owner}/{waiter.Lease}"))}] "
            + $"guards [{string.Join(' ', entry.Value.Guards)}]");

    public string Acquire(string name, string owner, bool queue, string[] guards)
    {
        var entry = Of(name);
        if (entry.Holder is null)
        {
            entry.Guards.UnionWith(guards);
            return Grant(name, entry, new Seat(owner, GrantLease(), guards));
        }

        if (entry.Holder.Owner == owner)
        {
            if (!entry.Guards.IsSupersetOf(guards))
            {
                entry.Guards.UnionWith(guards);
                Revision++;
            }

            return $"held {entry.Fence} {entry.Holder.Lease}";
        }

        if (!entry.Waiters.Exists(waiter => waiter.Owner == owner))
        {
            if (!queue)
            {
                return $"taken by {entry.Holder.Owner} {entry.Fence}";
            }

            entry.Waiters.Add(new Seat(owner, GrantLease(), guards));
        }

        var place = entry.Waiters.FindIndex(waiter => waiter.Owner == owner);
        return $"queued {place + 1} {entry.Waiters[place].Lease} behind {entry.Holder.Owner} {entry.Fence}";
    }

    public string Release(string name, string? owner, long fence, bool force, bool dropGuard)
    {
        var entry = Of(name);
        if (entry.Holder is not null && !force
            && ((owner is null && fence == 0) || (owner ?? entry.Holder.Owner) != entry.Holder.Owner
                || (fence == 0 ? entry.Fence : fence) != entry.Fence))
        {
            return $"taken by {entry.Holder.Owner} {entry.Fence}";
        }

        var drops = dropGuard && entry.Guards.Count > 0;
        if (drops)
        {
            entry.Guards.Clear();
        }

        if (entry.Holder is null)
        {
            Revision += drops ? 1 : 0;
            return $"released {drops}";
        }

        End([entry.Holder.Lease]);
        return "released True";
    }

    public string Leave(string name, string owner)
    {
        var entry = Of(name);
        if (entry.Holder?.Owner == owner)
        {
            return $"held {entry.Fence} {entry.Holder.Lease}";
        }

        if (entry.Waiters.Find(waiter => waiter.Owner == owner) is not { } left)
        {
            return "released False";
        }

        End([left.Lease]);
        return "released True";
    }

    public long GrantLease(bool isImplicit = false)
    {
        Leases.Add(++Revision, isImplicit);
        return Revision;
    }

    public string End(long[] ids)
    {
        var ended = ids.Where(Leases.ContainsKey).ToHashSet();
        if (ended.Count == 0)
        {
            return "ended 0 0";
        }

        Revision++;
        var rows = Rows.Where(row => ended.Contains(row.Value)).Select(row => row.Key).ToList();
        rows.ForEach(key => Rows.Remove(key));
        foreach (var id in ended)
        {
            Leases.Remove(id);
        }

        foreach (var (name, entry) in _locks)
        {
            entry.Waiters.RemoveAll(waiter => ended.Contains(waiter.Lease));
            if (entry.Holder is not null && ended.Contains(entry.Holder.Lease))
            {
                entry.Holder = null;
                if (entry.Waiters.Count > 0)
                {
                    var next = entry.Waiters[0];
                    entry.Waiters.RemoveAt(0);
                    entry.Guards.UnionWith(next.Guards);
                    Grant(name, entry, next);
                }
            }
        }

        return $"ended {ended.Count} {rows.Count}";
    }

    /// <summary>Writes a row, or is refused for a lock that is not held.</summary>
    public string Put(string key, (string Lock, long Number)[] fences, long lease, bool ttl)
    {
        if (Fenced(fences, guard => key.StartsWith(guard, StringComparison.Ordinal)) is { } fenced)
        {
            return fenced;
        }

        if (lease > 0 && !Leases.ContainsKey(lease))
        {
            return "no lease";
        }

        Rows.Remove(key, out var before);
        Rows.Add(key, ttl ? GrantLease(isImplicit: true) : lease);
        Revision += ttl ? 0 : 1;
        Outlive(before);
        return "written";
    }

    public string DeleteRange(string start, string end, (string Lock, long Number)[] fences)
    {
        // A range meets a prefix if a key could have both.
        bool Meets(string guard) => string.CompareOrdinal(start, end) < 0 && string.CompareOrdinal(guard, end) < 0
            && (string.CompareOrdinal(start, guard) <= 0 || start.StartsWith(guard, StringComparison.Ordinal));
        if (Fenced(fences, Meets) is { } fenced)
        {
            return fenced;
        }

        var gone = Rows.Where(row => string.CompareOrdinal(row.Key, start) >= 0 && string.CompareOrdinal(row.Key, end) < 0).ToList();
        gone.ForEach(row => Rows.Remove(row.Key));
        Revision += gone.Count > 0 ? 1 : 0;
        gone.ForEach(row => Outlive(row.Value));
        return $"deleted {gone.Count}";
    }

    private string? Fenced((string Lock, long Number)[] fences, Func<string, bool> meets)
    {
        foreach (var (name, number) in fences)
        {
            if (Of(name) is var entry && (entry.Holder is null || entry.Fence != number))
            {
                return $"fenced by {name} {(entry.Holder is null ? 0 : entry.Fence)}";
            }
        }

        var missing = _locks.FirstOrDefault(entry =>
            entry.Value.Guards.Any(meets) && !fences.Any(fence => fence.Lock == entry.Key));
        return missing.Key is null ? null : $"fenced by {missing.Key} {(missing.Value.Holder is null ? 0 : missing.Value.Fence)}";
    }

    private string Grant(string name, Entry entry, Seat holder)
    {
        entry.Holder = holder;
        entry.Fence = Revision;
        Fences.Add((name, Revision));
        return $"held {entry.Fence} {holder.Lease}";
    }

    private void Outlive(long lease)
    {
        if (lease > 0 && Leases.TryGetValue(lease, out var isImplicit) && isImplicit && !Rows.ContainsValue(lease))
        {
            Leases.Remove(lease);
        }
    }

    private Entry Of(string name)
    {
        if (!_locks.TryGetValue(name, out var entry))
        {
            _locks.Add(name, entry = new Entry());
        }

        return entry;
    }

    private sealed record Seat(string Owner, long Lease, string[] Guards);

    private sealed class Entry
    {
        public SortedSet<string> Guards { get; } = new(StringComparer.Ordinal);

        public long Fence { get; set; }

        public Seat? Holder { get; set; }

        public List<Seat> Waiters { get; } = [];
    }
}
