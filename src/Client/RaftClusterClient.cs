using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RaftCluster.Client;

/// <summary>
/// A client of one cluster, made once and used by many callers at the same time. It keeps a session token, finds the leader,
/// and tries again only what is safe to: reads, and writes that were certainly not applied.
/// </summary>
/// <remarks>
/// Every call may throw <see cref="ClusterUnavailableException"/> (nobody served it in time),
/// <see cref="RaftClusterException"/> (refused, with the problem's code) and, for a write,
/// <see cref="OutcomeUnknownException"/>. A write that its caller cancels is unknown too once it was sent.
/// </remarks>
public sealed partial class RaftClusterClient : IDisposable
{
    private const string Rows = "/v1/kv";

    private readonly RaftClusterOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly SessionKeeper _session = new();
    private readonly Dispatcher _dispatcher;

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

        _options = options;
        _http = new HttpMessageInvoker(options.Handler ?? Sockets(options), disposeHandler: options.Handler is null);
        _dispatcher = new Dispatcher(options, _http, new EndpointBook(options.Endpoints, options.FollowLeader), _session);
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

    /// <summary>Reads one row.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<GetResult> GetAsync(string key, ReadOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= ReadOptions.Default;
        var target = $"{Rows}/{KeyPath.Encode(key)}" + (options.Revision is { } at ? $"?rev={Text(at)}" : "");
        var answer = await _dispatcher.SendAsync(Read(target, options), cancellation);
        if (answer.Status is HttpStatusCode.NotFound)
        {
            return new GetResult(null, answer.Headers.Source);
        }

        var row = new Row(
            key,
            answer.Body,
            answer.Headers.ContentType,
            answer.Headers.ETag ?? throw Malformed("an ETag"),
            answer.Headers.Version ?? throw Malformed("Raft-Version"),
            Created: null);
        return new GetResult(row, answer.Headers.Source);
    }

    /// <summary>Writes one row.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">Its bytes; the node sets the limit, 1 MiB by default.</param>
    /// <param name="options">On which condition, how durable, and as what.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> value, WriteOptions? options = null, CancellationToken cancellation = default)
    {
        var call = Write(HttpMethod.Put, $"{Rows}/{KeyPath.Encode(key)}", value, options ?? WriteOptions.Default);
        var answer = await _dispatcher.SendAsync(call, cancellation);
        if (answer.Status is HttpStatusCode.Accepted)
        {
            return new PutResult.Accepted();
        }

        if (answer.Status is HttpStatusCode.PreconditionFailed)
        {
            return new PutResult.Refused(answer.Headers.ETag);
        }

        var body = Body(answer, ClientJson.Default.PutBody, Outcome.Applied);
        return new PutResult.Written(body.Revision, body.Version, answer.Status is HttpStatusCode.Created);
    }

    /// <summary>Removes one row.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="options">On which condition, and how durable.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<DeleteResult> DeleteAsync(string key, WriteOptions? options = null, CancellationToken cancellation = default) =>
        DeleteAsync(Write(HttpMethod.Delete, $"{Rows}/{KeyPath.Encode(key)}", default, options ?? WriteOptions.Default), cancellation);

    /// <summary>Removes all rows whose key begins so, in one transaction.</summary>
    /// <param name="prefix">The beginning; empty for every row.</param>
    /// <param name="options">How durable; a precondition makes no sense here and is refused by the node.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<DeleteResult> DeletePrefixAsync(
        string prefix, WriteOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var target = prefix.Length == 0 ? $"{Rows}?prefix=&all=true" : $"{Rows}?prefix={Uri.EscapeDataString(prefix)}";
        return DeleteAsync(Write(HttpMethod.Delete, target, default, options ?? WriteOptions.Default), cancellation);
    }

    /// <summary>Lists rows in key order, page by page, all at the revision of the first page.</summary>
    /// <param name="query">Which rows.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public async IAsyncEnumerable<Row> ListAsync(
        RangeQuery query,
        ReadOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var left = query.Limit ?? long.MaxValue;
        string? after = null;
        while (left > 0)
        {
            var page = await ListPageAsync(query with { Limit = query.Limit is null ? null : left }, after, options, cancellation);
            foreach (var row in page.Rows)
            {
                yield return row;
                if (--left == 0)
                {
                    yield break;
                }
            }

            after = page.Next;
            if (after is null)
            {
                yield break;
            }
        }
    }

    /// <summary>One page of a listing.</summary>
    /// <param name="query">Which rows: the same for all pages.</param>
    /// <param name="after">The page before's <see cref="RangePage.Next"/>; null for the first.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<RangePage> ListPageAsync(
        RangeQuery query, string? after = null, ReadOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        options ??= ReadOptions.Default;
        var target = RangeTarget.Page(Rows, query, after, options.Revision);
        var answer = await _dispatcher.SendAsync(Read(target, options), cancellation);
        var body = Body(answer, ClientJson.Default.RangeBody);
        var rows = Array.ConvertAll(body.Items ?? [], item => item.ToRow());
        return new RangePage(body.Revision, rows, body.Next, answer.Headers.Source);
    }

    /// <summary>How many rows a listing would show.</summary>
    /// <param name="query">Which rows.</param>
    /// <param name="options">How fresh, and at which revision.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<long> CountAsync(RangeQuery query, ReadOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        options ??= ReadOptions.Default;
        var answer = await _dispatcher.SendAsync(Read(RangeTarget.Count(Rows, query, options.Revision), options), cancellation);
        return Body(answer, ClientJson.Default.RangeBody).Count ?? throw Malformed("a count");
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
    public async Task<ClusterStatus> GetNodeStatusAsync(Uri endpoint, TimeSpan patience, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var answer = await _dispatcher.AskAsync(ClusterCall.View with { Patience = patience }, endpoint, cancellation);
        return answer.Status is HttpStatusCode.OK
            ? Learned(answer)
            : throw new RaftClusterException(answer.Failure, endpoint);
    }

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

    private async Task<DeleteResult> DeleteAsync(Call call, CancellationToken cancellation)
    {
        var answer = await _dispatcher.SendAsync(call, cancellation);
        switch (answer.Status)
        {
            case HttpStatusCode.Accepted:
                return new DeleteResult.Accepted();
            case HttpStatusCode.NotFound:
                return new DeleteResult.NotFound();
            case HttpStatusCode.PreconditionFailed:
                return new DeleteResult.Refused(answer.Headers.ETag);
            default:
                var body = Body(answer, ClientJson.Default.DeleteBody, Outcome.Applied);
                return new DeleteResult.Deleted(body.Revision, body.Count);
        }
    }

    private Call Read(string target, ReadOptions options)
    {
        var consistency = options.Consistency ?? _options.Consistency;
        return new Call(HttpMethod.Get, target)
        {
            Headers = options.MaxStaleness is { } most
                ? [("Raft-Consistency", WireNames.Of(consistency)), ("Raft-Max-Staleness", WireNames.Of(most))]
                : [("Raft-Consistency", WireNames.Of(consistency))],
            Session = consistency is Consistency.Session ? _session.Token : null,
            PrefersLeader = consistency is Consistency.Linearizable,
            AdvancesSession = consistency is Consistency.Linearizable or Consistency.Session,
            Patience = options.Patience,
        };
    }

    private static Call Write(HttpMethod method, string target, ReadOnlyMemory<byte> body, WriteOptions options)
    {
        var headers = new List<(string, string)>(2);
        if (options.When is { Header: { } name, Value: { } value })
        {
            headers.Add((name, value));
        }

        if (options.Durability is not Durability.Quorum)
        {
            headers.Add(("Raft-Durability", WireNames.Of(options.Durability)));
        }

        return new Call(method, target)
        {
            Body = body,
            ContentType = options.ContentType,
            Headers = [.. headers],
            PrefersLeader = true,
            AdvancesSession = true,
            Patience = options.Patience,
        };
    }

    private ClusterStatus Learned(Attempt.Answered answer)
    {
        var status = ClusterCall.Read(answer) ?? throw Malformed("a view of the cluster");
        _dispatcher.Book.LearnMembers(status);
        return status;
    }

    private static T Body<T>(Attempt.Answered answer, JsonTypeInfo<T> type, Outcome outcome = Outcome.Unspecified)
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body, type) ?? throw Malformed("a JSON object", outcome);
        }
        catch (JsonException broken)
        {
            throw Malformed("JSON of another shape", outcome, broken);
        }
    }

    private static RaftClusterException Malformed(
        string missing, Outcome outcome = Outcome.Unspecified, Exception? inner = null) =>
        new($"The answer is not a RaftCluster node's: it should have {missing}.", outcome, endpoint: null, inner);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

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
