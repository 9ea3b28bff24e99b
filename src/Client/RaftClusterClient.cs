using System.Net;
using System.Text.Json.Serialization.Metadata;

namespace RaftCluster.Client;

/// <summary>
/// A client of one cluster, made once and used by many callers at the same time. It keeps a session token, finds the leader,
/// and tries again what is safe to: reads, writes that were certainly not applied, and, since each write carries an
/// idempotency key, those of which nobody knows.
/// </summary>
/// <remarks>
/// Every call may throw <see cref="ClusterUnavailableException"/> (nobody served it in time),
/// <see cref="RaftClusterException"/> (refused, with the problem's code) and, for a write,
/// <see cref="OutcomeUnknownException"/>. A write that its caller cancels is unknown too once it was sent.
/// </remarks>
public sealed partial class RaftClusterClient : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly SessionKeeper _session = new();
    private readonly Dispatcher _dispatcher;
    private readonly Requests _requests;
    private readonly RowCalls _kv;

    /// <summary>A client of the cluster that these options name.</summary>
    /// <param name="options">Where it is, and how patient to be.</param>
    public RaftClusterClient(RaftClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Endpoints.IsDefaultOrEmpty)
        {
            throw new ArgumentException("At least one endpoint is needed.", nameof(options));
        }

        foreach (var endpoint in options.Endpoints)
        {
            if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https"))
            {
                throw new ArgumentException($"An endpoint is an http or https address: {endpoint}", nameof(options));
            }
        }

        _http = new HttpMessageInvoker(options.Handler ?? Sockets(options), disposeHandler: options.Handler is null);
        _dispatcher = new Dispatcher(options, _http, new EndpointBook(options.Endpoints, options.FollowLeader), _session);
        _requests = new Requests(options, _session);
        _kv = new RowCalls("kv", "/v1/kv", _dispatcher, _requests);
        Tables = new TableCatalog(_dispatcher, _requests);
        Leases = new LeaseClient(_dispatcher, _requests);
        Locks = new LockClient(_dispatcher, _requests, Leases);
        Elections = new ElectionClient(Locks, _kv, new ChangeWaiter(_dispatcher, _requests));
    }

    /// <summary>A client of the cluster with these nodes, otherwise as by default.</summary>
    /// <param name="endpoints">Base URLs of one or more nodes.</param>
    public RaftClusterClient(params ReadOnlySpan<Uri> endpoints)
        : this(new RaftClusterOptions { Endpoints = [.. endpoints] })
    {
    }

    /// <summary>
    /// The newest session token: hand it to another client, and its reads with <see cref="Consistency.Session"/> see what
    /// this one has seen. Set to null to forget, as after a backup was restored.
    /// </summary>
    public string? SessionToken
    {
        get => _session.Token;
        set => _session.Token = value;
    }

    /// <summary>The leader's address, as last heard.</summary>
    public Uri? Leader => _dispatcher.Book.Leader;

    /// <summary>Who the members are, and changes of that.</summary>
    public ClusterMembers Members => new(_dispatcher);

    /// <summary>The tables: their definitions.</summary>
    public TableCatalog Tables { get; }

    /// <summary>Leases: times that run out unless they are kept alive, and take their rows with them.</summary>
    public LeaseClient Leases { get; }

    /// <summary>Locks: one holder at a time, fenced.</summary>
    public LockClient Locks { get; }

    /// <summary>Elections: one leader at a time among those who campaign, seen by all.</summary>
    public ElectionClient Elections { get; }

    /// <summary>The rows of a table, as the JSON they are.</summary>
    /// <param name="name">The table's name.</param>
    public TableClient Table(string name) => new(name, _dispatcher, _requests);

    /// <summary>The rows of a table, read and written as <typeparamref name="T"/>, without reflection.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="type">How they are read and written, from a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    public TableClient<T> Table<T>(string name, JsonTypeInfo<T> type) => new(Table(name), type);

    /// <summary>Begins a transaction over any rows of any tables: nothing is sent before it is committed.</summary>
    public Transaction Transaction() => new(_dispatcher, _requests);

    /// <summary>Sends a transaction as the JSON that the node reads: <c>{"if":[…],"then":[…],"else":[…]}</c>.</summary>
    /// <param name="json">The transaction.</param>
    /// <param name="options">How durable, behind which fences, under which key.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<TransactionResult> CommitAsync(
        ReadOnlyMemory<byte> json, WriteOptions? options = null, CancellationToken cancellation = default) =>
        Client.Transaction.SendAsync(_dispatcher, _requests, json, [], [], options, cancellation);

    /// <summary>Reads one row.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<GetResult> GetAsync(string key, ReadOptions? options = null, CancellationToken cancellation = default) =>
        _kv.GetAsync(key, options, cancellation);

    /// <summary>Writes one row.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">Its bytes; the node sets the limit, 1 MiB by default.</param>
    /// <param name="options">On which condition, how durable, for how long, and as what.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> value, WriteOptions? options = null, CancellationToken cancellation = default) =>
        _kv.PutAsync(key, value, options, cancellation);

    /// <summary>Adds to a row that holds a number as text; an absent row counts as 0. One step, whoever else adds.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="by">How much; negative to take away.</param>
    /// <param name="options">How durable, and behind which fences; a condition needs a <see cref="Transaction()"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RaftClusterException">The row does not hold a number, or the sum has no place in it: nothing changed.</exception>
    public Task<AddResult> AddAsync(
        string key, decimal by, WriteOptions? options = null, CancellationToken cancellation = default) =>
        Transaction().AddAsync(RowAddress.Kv(key).Add(by), options, cancellation);

    /// <summary>Removes one row.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="options">On which condition, and how durable.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<DeleteResult> DeleteAsync(string key, WriteOptions? options = null, CancellationToken cancellation = default) =>
        _kv.DeleteAsync(key, options, cancellation);

    /// <summary>Removes all rows whose key begins so, in one transaction.</summary>
    /// <param name="prefix">The beginning; empty for every row.</param>
    /// <param name="options">How durable; a precondition makes no sense here and is refused by the node.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<DeleteResult> DeletePrefixAsync(
        string prefix, WriteOptions? options = null, CancellationToken cancellation = default) =>
        _kv.DeletePrefixAsync(prefix, options, cancellation);

    /// <summary>Lists rows in key order, page by page, all at the revision of the first page.</summary>
    /// <param name="query">Which rows.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<Row> ListAsync(
        RangeQuery query, ReadOptions? options = null, CancellationToken cancellation = default) =>
        _kv.ListAsync(query, options, cancellation);

    /// <summary>One page of a listing.</summary>
    /// <param name="query">Which rows: the same for all pages.</param>
    /// <param name="after">The page before's <see cref="RangePage.Next"/>; null for the first.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<RangePage> ListPageAsync(
        RangeQuery query, string? after = null, ReadOptions? options = null, CancellationToken cancellation = default) =>
        _kv.ListPageAsync(query, after, options, cancellation);

    /// <summary>How many rows a listing would show.</summary>
    /// <param name="query">Which rows.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<long> CountAsync(RangeQuery query, ReadOptions? options = null, CancellationToken cancellation = default) =>
        _kv.CountAsync(query, options, cancellation);

    /// <summary>Follows what happens, transaction by transaction.</summary>
    /// <param name="query">Which changes, and from where on.</param>
    /// <returns>The feed, which begins when it is read.</returns>
    /// <example>
    /// <code>
    /// var feed = client.Follow(new FeedQuery { From = cursor, Prefix = "config/" });
    /// await foreach (var change in feed.WithCancellation(stopping))
    /// {
    ///     await ApplyAsync(change, feed.Next);
    /// }
    /// </code>
    /// </example>
    public ChangeFeed Follow(FeedQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new ChangeFeed(_dispatcher, _http, query);
    }

    /// <summary>A node's view of the cluster: the first that answers, the known leader before others.</summary>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ClusterStatus> GetStatusAsync(CancellationToken cancellation = default)
    {
        var answer = await _dispatcher.SendAsync(ClusterCall.View, cancellation);
        return Learned(answer);
    }

    /// <summary>One node's own view of the cluster, asked once.</summary>
    /// <param name="endpoint">The node.</param>
    /// <param name="patience">How long to wait for it.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ClusterStatus> GetNodeStatusAsync(Uri endpoint, TimeSpan patience, CancellationToken cancellation = default) =>
        Learned(await AskAsync(ClusterCall.View, endpoint, patience, cancellation));

    /// <summary>Whether one node is ready to serve, asked once.</summary>
    /// <param name="endpoint">The node.</param>
    /// <param name="patience">How long to wait for it.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<NodeHealth> GetHealthAsync(Uri endpoint, TimeSpan patience, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var call = new Call(HttpMethod.Get, "/readyz?verbose") { Patience = patience };
        var answer = await _dispatcher.AskAsync(call, endpoint, cancellation);
        return new NodeHealth(endpoint, answer.Status is HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(answer.Body));
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private ClusterStatus Learned(Attempt.Answered answer)
    {
        var status = ClusterCall.Read(answer) ?? throw Requests.Malformed("a view of the cluster");
        _dispatcher.Book.LearnMembers(status);
        return status;
    }

    private static SocketsHttpHandler Sockets(RaftClusterOptions options) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.ConnectTimeout,
        EnableMultipleHttp2Connections = true,
        // Addresses are few and fixed; a node that comes back elsewhere is found within this time.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}
