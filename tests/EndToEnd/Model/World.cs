namespace RaftCluster.Tests.EndToEnd.Model;

/// <summary>A row of the model.</summary>
internal sealed record WorldRow(string Value, long Revision, long Created, long Version, long Lease);

/// <summary>A request as it is sent, and what the model says is answered.</summary>
internal sealed record Exchange(HttpMethod Method, string Target, string? Body, string? Fence, int Status, string? Code, long Revision)
{
    /// <summary>Under which it is sent.</summary>
    public string Key { get; init; } = "";

    /// <summary>The first answer, when it is known.</summary>
    public string Answer { get; set; } = "";
}

/// <summary>
/// What the product is meant to do with tables, transactions, leases and locks, in the fewest words: one thing after the other,
/// in memory, and no time that passes.
/// </summary>
internal sealed class World
{
    private const string Lock = "l";
    private const string Guard = "g/";

    private readonly SortedDictionary<(string Table, string Key), WorldRow> _rows = new(Comparer<(string Table, string Key)>.Create(
        static (a, b) => (string.CompareOrdinal(a.Table, b.Table), string.CompareOrdinal(a.Key, b.Key)) switch { (0, var keys) => keys, (var tables, _) => tables }));

    private readonly List<long> _leases = [];
    private readonly HashSet<long> _alive = [];
    private readonly List<long> _fences = [];
    private readonly List<string> _changes = [];
    private (string Owner, long Fence)? _holder;
    private bool _isGuarded;

    /// <summary>The revision; the tables were made before.</summary>
    public long Revision { get; private set; }

    /// <summary>What each revision did to rows of users, in order; nothing when it was about leases and locks alone.</summary>
    public List<string> Log { get; } = [];

    /// <summary>All rows of users.</summary>
    public IEnumerable<string> Rows => _rows.Select(row =>
        $"{row.Key.Table} {row.Key.Key} = {row.Value.Value} @{row.Value.Revision} c{row.Value.Created} v{row.Value.Version} l{row.Value.Lease}");

    /// <summary>The leases that live, those of locks left out.</summary>
    public IEnumerable<long> Leases => _alive.Order();

    /// <summary>Who holds the lock, and with which fence.</summary>
    public string Holder => _holder is { } holder ? $"{holder.Owner} {holder.Fence}" : "nobody";

    /// <summary>A table was made.</summary>
    public void Define() => Commit();

    /// <summary>What an act is as a request, and does.</summary>
    public Exchange Do(Act act) => act switch
    {
        Act.PutRow put => Written(HttpMethod.Put, $"/v1/tables/t/rows/{Escape(put.Key)}", $$"""{"s":"{{put.Text}}"}""", "t", put.Key, $$"""{"s":"{{put.Text}}","n":0}"""),
        Act.PatchRow patch => Patch(patch),
        Act.DeleteRow delete => Delete(delete),
        Act.AppendRow append => Written(
            HttpMethod.Post, "/v1/tables/log/rows", $$"""{"s":"{{append.Text}}"}""", "log", $"{Revision + 1:d19}", $$"""{"s":"{{append.Text}}"}"""),
        Act.Transact transact => Transact(transact),
        Act.Grant => Grant(),
        Act.PutLeased put => PutLeased(put),
        Act.EndLease end => End(end),
        Act.Acquire acquire => Acquire(acquire.Owner),
        Act.Release release => Release(release.Owner),
        Act.PutGuarded put => PutGuarded(put),
        _ => throw new ArgumentOutOfRangeException(nameof(act)),
    };

    private static string Escape(string key) => Uri.EscapeDataString(key);

    private static Exchange Of(HttpMethod method, string target, string? body, int status, string? code, long revision) =>
        new(method, target, body, Fence: null, status, code, revision);

    private Exchange Written(HttpMethod method, string target, string body, string table, string key, string value, long lease = 0)
    {
        var isNew = Put(table, key, value, lease).Version == 1;
        Commit();
        return Of(method, target, body, isNew ? 201 : 200, null, Revision);
    }

    private Exchange Patch(Act.PatchRow patch)
    {
        var (target, body) = ($"/v1/tables/t/rows/{Escape(patch.Key)}", $$$"""{"n":{{{patch.Number}}}}""");
        if (!Patch(patch.Key, patch.Number))
        {
            return Of(HttpMethod.Patch, target, body, 404, "absent", Revision);
        }

        Commit();
        return Of(HttpMethod.Patch, target, body, 200, null, Revision);
    }

    private Exchange Delete(Act.DeleteRow delete)
    {
        var target = $"/v1/tables/t/rows/{Escape(delete.Key)}";
        if (!Remove("t", delete.Key))
        {
            return Of(HttpMethod.Delete, target, null, 404, "absent", Revision);
        }

        Commit();
        return Of(HttpMethod.Delete, target, null, 200, null, Revision);
    }

    private Exchange Transact(Act.Transact transact)
    {
        var (key, number) = (transact.Key, transact.Number);
        var body = $$$"""
            {"if":[{"table":"t","key":"{{{key}}}","exists":true}],
            "then":[{"op":"add","key":"count","by":2},{"op":"patch","table":"t","key":"{{{key}}}","value":{"n":{{{number}}}}},{"op":"put","key":"seen","value":"{{{key}}}"}],
            "else":[{"op":"delete","key":"seen"},{"op":"get","table":"t","key":"{{{key}}}"}]}
            """;
        if (_rows.ContainsKey(("t", key)))
        {
            var count = _rows.TryGetValue(("kv", "count"), out var counter) ? int.Parse(counter.Value, System.Globalization.CultureInfo.InvariantCulture) : 0;
            Put("kv", "count", $"{count + 2}", counter?.Lease ?? 0);
            Patch(key, number);
            Put("kv", "seen", key, lease: 0);
            Commit();
        }
        else if (Remove("kv", "seen"))
        {
            Commit();
        }

        return Of(HttpMethod.Post, "/v1/txn", body, 200, null, Revision);
    }

    private Exchange Grant()
    {
        Commit();
        _leases.Add(Revision);
        _alive.Add(Revision);
        return Of(HttpMethod.Post, "/v1/leases", """{"ttl":"1h"}""", 201, null, Revision);
    }

    private Exchange PutLeased(Act.PutLeased put)
    {
        var lease = put.Lease < 0 || _leases.Count == 0 ? 0 : Back(_leases, put.Lease);
        var target = $"/v1/kv/{put.Key}" + (lease > 0 ? $"?lease={lease}" : "");
        return lease > 0 && !_alive.Contains(lease)
            ? Of(HttpMethod.Put, target, "on", 404, "lease-absent", Revision)
            : Written(HttpMethod.Put, target, "on", "kv", put.Key, "on", lease);
    }

    private Exchange End(Act.EndLease end)
    {
        var lease = _leases.Count == 0 ? 1_000_000 : Back(_leases, end.Lease);
        if (!_alive.Remove(lease))
        {
            return Of(HttpMethod.Delete, $"/v1/leases/{lease}", null, 404, "lease-absent", Revision);
        }

        foreach (var (table, key) in _rows.Where(row => row.Value.Lease == lease).Select(row => row.Key).ToList())
        {
            Remove(table, key);
        }

        Commit();
        return Of(HttpMethod.Delete, $"/v1/leases/{lease}", null, 200, null, Revision);
    }

    private Exchange Acquire(string owner)
    {
        var target = $"/v1/locks/{Lock}?owner={owner}&ttl=1h&guard={Escape(Guard)}";
        if (_holder is { } holder)
        {
            return holder.Owner == owner
                ? Of(HttpMethod.Put, target, null, 200, null, Revision)
                : Of(HttpMethod.Put, target, null, 409, "held", Revision);
        }

        Commit();
        _holder = (owner, Revision);
        _fences.Add(Revision);
        _isGuarded = true;
        return Of(HttpMethod.Put, target, null, 200, null, Revision);
    }

    private Exchange Release(string owner)
    {
        var target = $"/v1/locks/{Lock}?owner={owner}";
        if (_holder?.Owner != owner)
        {
            return _holder is null
                ? Of(HttpMethod.Delete, target, null, 404, "absent", Revision)
                : Of(HttpMethod.Delete, target, null, 409, "held", Revision);
        }

        Commit();
        _holder = null;
        return Of(HttpMethod.Delete, target, null, 200, null, Revision);
    }

    private Exchange PutGuarded(Act.PutGuarded put)
    {
        var fence = put.Fence < 0 || _fences.Count == 0 ? 0 : Back(_fences, put.Fence);
        var target = $"/v1/kv/{Escape(put.Key)}";
        var exchange = (fence == 0 && _isGuarded) || (fence > 0 && _holder?.Fence != fence)
            ? Of(HttpMethod.Put, target, "guarded", 412, "fenced", Revision)
            : Written(HttpMethod.Put, target, "guarded", "kv", put.Key, "guarded");
        return fence > 0 ? exchange with { Fence = $"{Lock};{fence}" } : exchange;
    }

    private static long Back(List<long> all, int back) => all[all.Count - 1 - (back % all.Count)];

    private bool Patch(string key, int number)
    {
        if (!_rows.TryGetValue(("t", key), out var row))
        {
            return false;
        }

        Put("t", key, $"{row.Value[..(row.Value.LastIndexOf(':') + 1)]}{number}}}", row.Lease);
        return true;
    }

    private WorldRow Put(string table, string key, string value, long lease)
    {
        var revision = Revision + 1;
        var before = _rows.GetValueOrDefault((table, key));
        _changes.Add($"{(before is null ? "insert" : "update")} {table} {key}");
        return _rows[(table, key)] = new WorldRow(value, revision, before?.Created ?? revision, (before?.Version ?? 0) + 1, lease);
    }

    private bool Remove(string table, string key)
    {
        if (!_rows.Remove((table, key)))
        {
            return false;
        }

        _changes.Add($"delete {table} {key}");
        return true;
    }

    private void Commit()
    {
        Revision++;
        Log.Add(string.Join("; ", _changes));
        _changes.Clear();
    }
}
