using RaftCluster.Node.Http.Batches;
using RaftCluster.Node.Http.Feeds;
using RaftCluster.Node.Http.Leases;
using RaftCluster.Node.Http.Locks;
using RaftCluster.Node.Http.Transactions;
using RaftCluster.Node.Http.WebConsole;
using RaftCluster.Node.Tables;

namespace RaftCluster.Node.Http;

/// <summary>Answers one request.</summary>
internal delegate ValueTask Handler(Call call);

/// <summary>One path of the API and its verbs.</summary>
/// <param name="Path">The path, as OpenAPI writes it.</param>
/// <param name="Verbs">What answers each verb.</param>
internal sealed record Route(string Path, params (string Verb, Handler Answer)[] Verbs)
{
    /// <summary>The most verbs that a route has.</summary>
    public const int MostVerbs = 6;

    /// <summary>Whether it is about rows: such requests are the node's load.</summary>
    public bool IsOfRows { get; init; }

    private readonly string _allow = string.Join(", ", Verbs.Select(verb => verb.Verb));

    private static int _made;

    /// <summary>Its number among all routes, from 0 on.</summary>
    public int Number { get; } = _made++;

    /// <summary>Answers a request to this path.</summary>
    public ValueTask AnswerAsync(Call call)
    {
        call.Route = this;
        for (var at = 0; at < Verbs.Length; at++)
        {
            if (Verbs[at].Verb == call.Method)
            {
                call.Verb = at;
                call.IsOfRows = IsOfRows;
                return call.ReadTerms() is { } problem ? call.RefuseAsync(problem) : Verbs[at].Answer(call);
            }
        }

        return call.RefuseAsync(new Problem(
            ProblemCode.MethodNotAllowed, $"{Path} knows {_allow}, not {call.Method}", "method")
        { Allow = _allow });
    }
}

/// <summary>Every path of the API. The OpenAPI document is tested against this list.</summary>
internal static class Routes
{
    private const string KeyRoot = "/v1/kv/";
    private const string MemberRoot = "/v1/members/";
    private const string TableRoot = "/v1/tables/";
    private const string RowsPart = "/rows";
    private const string LeaseRoot = LeasePath.Root;
    private const string LockRoot = LockPath.Root;
    private const string ProblemRoot = ProblemPage.Root;

    private static readonly Route _row = new(
        "/v1/kv/{key}",
        ("GET", ReadRow.AnswerAsync), ("HEAD", ReadRow.AnswerAsync), ("PUT", WriteRow.PutAsync), ("DELETE", WriteRow.DeleteAsync))
    { IsOfRows = true };

    private static readonly Route _rows = new(
        "/v1/kv", ("GET", ReadRange.AnswerAsync), ("HEAD", ReadRange.AnswerAsync), ("DELETE", DeleteRange.AnswerAsync))
    { IsOfRows = true };

    private static readonly Route _table = new(
        "/v1/tables/{table}",
        ("GET", ReadTable.AnswerAsync), ("HEAD", ReadTable.AnswerAsync),
        ("PUT", Audited.As("table.define", WriteTable.PutAsync)), ("DELETE", Audited.As("table.drop", WriteTable.DeleteAsync)));

    private static readonly Route _tableRows = new(
        "/v1/tables/{table}/rows",
        ("GET", ReadRange.AnswerAsync), ("HEAD", ReadRange.AnswerAsync), ("POST", WriteRow.PostAsync), ("DELETE", DeleteRange.AnswerAsync))
    { IsOfRows = true };

    private static readonly Route _tableRow = new(
        "/v1/tables/{table}/rows/{key}",
        ("GET", ReadRow.AnswerAsync), ("HEAD", ReadRow.AnswerAsync),
        ("PUT", WriteRow.PutAsync), ("PATCH", WriteRow.PatchAsync), ("DELETE", WriteRow.DeleteAsync))
    { IsOfRows = true };

    private static readonly Route _lease = new(
        "/v1/leases/{id}",
        ("GET", ReadLease.AnswerAsync), ("HEAD", ReadLease.AnswerAsync), ("PUT", KeepLease.AnswerAsync), ("DELETE", EndLease.AnswerAsync));

    private static readonly Route _lock = new(
        "/v1/locks/{name}",
        ("GET", ReadLock.AnswerAsync), ("HEAD", ReadLock.AnswerAsync), ("PUT", AcquireLock.AnswerAsync), ("DELETE", ReleaseLock.AnswerAsync));

    private static readonly Route _member = new(
        "/v1/members/{id}",
        ("PATCH", Audited.As("member.change", ChangeMembers.AlterAsync)),
        ("DELETE", Audited.As("member.remove", ChangeMembers.RemoveAsync)));

    /// <summary>The change feed: its answers have no end.</summary>
    public static Route Changes { get; } = new("/v1/changes", ("GET", ReadChanges.AnswerAsync), ("HEAD", ReadChanges.AnswerAsync));

    private static readonly Route _console = new(
        "/ui/{file}", ("GET", ConsoleFile.AnswerAsync), ("HEAD", ConsoleFile.AnswerAsync));

    private static readonly Route _problem = new("/problems/{code}", ("GET", ProblemPage.AnswerAsync), ("HEAD", ProblemPage.AnswerAsync));

    private static readonly Route[] _fixed =
    [
        Changes,
        new("/v1/snapshot", ("GET", Audited.As("backup", Snapshot.AnswerAsync))),
        new("/v1/compact", ("POST", Audited.As("compact", CompactHistory.AnswerAsync))),
        new("/v1/tables", ("GET", ReadTables.AnswerAsync), ("HEAD", ReadTables.AnswerAsync)),
        new("/v1/txn", ("POST", Transact.AnswerAsync)) { IsOfRows = true },
        new("/v1/batch", ("POST", WriteBatch.AnswerAsync)) { IsOfRows = true },
        new("/v1/leases", ("POST", GrantLease.AnswerAsync)),
        new("/v1/cluster", ("GET", ClusterView.AnswerAsync), ("HEAD", ClusterView.AnswerAsync)),
        new("/v1/cluster/nodes", ("GET", ClusterSurvey.AnswerAsync), ("HEAD", ClusterSurvey.AnswerAsync)),
        new("/v1/members", ("GET", ChangeMembers.ShowAsync), ("HEAD", ChangeMembers.ShowAsync), ("POST", Audited.As("member.add", ChangeMembers.AddAsync))),
        new("/v1/cluster/leader", ("POST", Audited.As("leader.transfer", LeaderTransfer.AnswerAsync))),
        new("/v1/cluster/failover", ("POST", Audited.As("failover", NodeDuty.FailOverAsync))),
        new("/v1/cluster/drain", ("POST", Audited.As("node.drain", NodeDuty.DrainAsync))),
        new("/v1/cluster/undrain", ("POST", Audited.As("node.undrain", NodeDuty.UndrainAsync))),
        new("/v1/node", ("GET", NodeView.AnswerAsync), ("HEAD", NodeView.AnswerAsync)),
        new("/v1/node/log", ("GET", NodeView.AnswerLogAsync), ("HEAD", NodeView.AnswerLogAsync)),
        new("/livez", ("GET", Health.AnswerLiveAsync), ("HEAD", Health.AnswerLiveAsync)),
        new("/readyz", ("GET", Health.AnswerReadyAsync), ("HEAD", Health.AnswerReadyAsync)),
        new("/metrics", ("GET", MetricsPage.AnswerAsync), ("HEAD", MetricsPage.AnswerAsync)),
        new("/ui", ("GET", ConsoleFile.AnswerAsync), ("HEAD", ConsoleFile.AnswerAsync)),
        new("/openapi.json", ("GET", OpenApi.AnswerAsync), ("HEAD", OpenApi.AnswerAsync)),
    ];

    public static IEnumerable<Route> All => [_row, _rows, _table, _tableRows, _tableRow, .. _fixed, _lease, _lock, _member, _problem, _console];

    /// <summary>Answers a request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var path = call.Target.Path;
        if (path.StartsWith(KeyRoot, StringComparison.Ordinal))
        {
            call.Name(TableNames.KeyValue, KeyRoot.Length);
            return _row.AnswerAsync(call);
        }

        if (path == _rows.Path)
        {
            call.Name(TableNames.KeyValue, path.Length);
            return _rows.AnswerAsync(call);
        }

        if (path.StartsWith(TableRoot, StringComparison.Ordinal) && OfTable(call, path) is { } ofTable)
        {
            return ofTable.AnswerAsync(call);
        }

        foreach (var route in _fixed)
        {
            if (route.Path == path)
            {
                return route.AnswerAsync(call);
            }
        }

        if (path.StartsWith(MemberRoot, StringComparison.Ordinal))
        {
            return _member.AnswerAsync(call);
        }

        if (path.StartsWith(LeaseRoot, StringComparison.Ordinal))
        {
            return _lease.AnswerAsync(call);
        }

        if (path.StartsWith(LockRoot, StringComparison.Ordinal))
        {
            return _lock.AnswerAsync(call);
        }

        if (path.StartsWith(ProblemRoot, StringComparison.Ordinal))
        {
            return _problem.AnswerAsync(call);
        }

        if (path.StartsWith(ConsoleFile.Root, StringComparison.Ordinal))
        {
            return _console.AnswerAsync(call);
        }

        return call.RefuseAsync(new Problem(
            ProblemCode.NoSuchResource, $"there is nothing at this path{Configuration.NearestName.Hint(path, All.Select(route => route.Path))}", "path"));
    }

    /// <summary>The member that a path names. A name has no letter that would have to be encoded; any other text names nobody.</summary>
    public static string MemberOf(Call call) => call.Target.Path[MemberRoot.Length..];

    /// <summary>The row's key: the percent-decoded tail of the path.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? ReadKey(Call call, out byte[] key)
    {
        key = PercentEncoding.Decode(call.KeyText)!;
        return Keys.Check("key", key, mayBeEmpty: false);
    }

    /// <summary>The route of a path that names a table; null when there is nothing at it.</summary>
    private static Route? OfTable(Call call, string path)
    {
        var end = path.IndexOf('/', TableRoot.Length);
        call.Name(end < 0 ? path[TableRoot.Length..] : path[TableRoot.Length..end], path.Length);
        if (end < 0)
        {
            return _table;
        }

        var rest = path.AsSpan(end);
        if (!rest.StartsWith(RowsPart, StringComparison.Ordinal))
        {
            return null;
        }

        if (rest.Length == RowsPart.Length)
        {
            return _tableRows;
        }

        call.Name(call.TableText, end + RowsPart.Length + 1);
        return rest[RowsPart.Length] == '/' ? _tableRow : null;
    }
}
