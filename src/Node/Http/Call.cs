using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Tables;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Http;

/// <summary>One request on its way to one answer.</summary>
internal sealed class Call(HttpContext http, Api api, RequestTarget target)
{
    /// <summary>Null until the terms are read.</summary>
    private RequestTerms? _terms;
    private QueryParameters _query;
    private int _keyStart = target.Path.Length;

    public Api Api => api;

    public HttpRequest Request => http.Request;

    /// <summary>What answers it; null when there is nothing at its path.</summary>
    public Route? Route { get; set; }

    /// <summary>Which of the route's verbs it has; -1 for none.</summary>
    public int Verb { get; set; } = -1;

    public HttpResponse Response => http.Response;

    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>Ends the connection: what went out is not all.</summary>
    public void Abort()
    {
        IsCutOff = true;
        http.Abort();
    }

    /// <summary>Whether this node ended the connection before the answer was whole.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>The node whose answer was handed on; null for none.</summary>
    public string? ForwardedTo { get; set; }

    /// <summary>The body of its answer when that was a refusal; otherwise empty.</summary>
    public ReadOnlyMemory<byte> RelayedRefusal { get; set; }

    /// <summary>The path and the query as they came.</summary>
    public RequestTarget Target => target;

    /// <summary>The target as it came, for a request that goes on to another node.</summary>
    public string RawTarget => (target.Query.Length == 0 ? target.Path : $"{target.Path}?{target.Query}") + Added;

    /// <summary>What this node adds to the target of a request that goes on.</summary>
    private string Added { get; set; } = "";

    /// <summary>
    /// Whether the request may be sent on again although nobody knows what became of it: done twice, it comes to the same. It
    /// ends when its client leaves.
    /// </summary>
    public bool IsRepeatable { get; set; }

    /// <summary>Whether all that it wants changed has idempotency keys: sent again, nothing is done twice.</summary>
    public bool HasKeys { get; set; }

    /// <summary>Whether it was sent on and no answer came: what it asked for may have been done.</summary>
    public bool MayBeDone { get; set; }

    /// <summary>Adds a parameter to the target of a request that goes on, for what this node decided.</summary>
    public void Add(string name, string value) =>
        Added = $"{(target.Query.Length == 0 ? '?' : '&')}{name}={Uri.EscapeDataString(value)}";

    /// <summary>The part of the path that names a table, still percent-encoded; empty when none does.</summary>
    public string TableText { get; private set; } = "";

    /// <summary>The part of the path that is a row's key, still percent-encoded; empty when none is.</summary>
    public ReadOnlySpan<char> KeyText => target.Path.AsSpan(_keyStart);

    /// <summary>Notes what the path names.</summary>
    /// <param name="table">The part that names a table.</param>
    /// <param name="keyStart">Where a row's key begins.</param>
    public void Name(string table, int keyStart) => (TableText, _keyStart) = (table, keyStart);

    public string Method => http.Request.Method;

    /// <summary>Whether it is about rows, and counts as the node's load.</summary>
    public bool IsOfRows { get; set; }

    /// <summary>Counts it, now that it is answered, unless another node passed it on: there it is counted.</summary>
    /// <param name="took">How long that took.</param>
    public void NoteLoad(TimeSpan took)
    {
        if (IsOfRows && _terms is { IsForwarded: false })
        {
            api.Diagnosis.Load.Add(IsWrite, took, Response.StatusCode);
        }
    }

    public bool IsHead => HttpMethods.IsHead(Method);

    /// <summary>Whether the request is to change something.</summary>
    public bool IsWrite => !HttpMethods.IsGet(Method) && !IsHead;

    /// <summary>Whether the terms were read: not when they, or the path, were refused.</summary>
    public bool HasTerms => _terms is not null;

    public RequestTerms Terms => _terms ?? throw new InvalidOperationException("the terms were not read");

    public ref readonly QueryParameters Query => ref _query;

    /// <summary>Reads what the request asks of the cluster.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public Problem? ReadTerms()
    {
        RequestTerms? terms = null;
        var problem = QueryParameters.Read(target.Query, out _query)
            ?? RequestTerms.Read(Request.Headers, _query, api.History, api.Options.Wait, out terms);
        if (problem is not null || terms is null)
        {
            return problem;
        }

        _terms = terms;
        // What else was stated is taken by and by; the name of a request needs all of it.
        Stated = terms.IdempotencyKey is null ? [] : _query.Rest();
        return null;
    }

    /// <summary>The parameters that stand for no header, when the request has an idempotency key.</summary>
    public (string Name, string Value)[] Stated { get; private set; } = [];

    /// <summary>Whether the answer is that of an earlier request with the same idempotency key.</summary>
    public bool IsReplayed { get; set; }

    /// <summary>What it was refused with by this node; null when it was not.</summary>
    public Problem? Refused { get; private set; }

    /// <summary>Whether what the answer shows was confirmed as the newest: its staleness is then nothing.</summary>
    public bool IsFresh { get; set; }

    /// <summary>Sets the headers that every answer carries.</summary>
    public void SetHeaders(int status, long revision)
    {
        Response.StatusCode = status;
        api.Headers.Set(Response.Headers, revision, _terms?.SeenRevision ?? SentRevision(), IsFresh);
        if (IsReplayed)
        {
            Response.Headers[HeaderNames.Replayed] = "true";
        }
    }

    /// <summary>The revision of a sound token on a request that was refused before its terms were read.</summary>
    private long SentRevision() =>
        SessionToken.TryParse(Request.Headers[HeaderNames.Session].ToString(), out var token)
            && token == api.History.At(token.Revision)
                ? token.Revision
                : 0;

    /// <summary>Answers with a refusal (RFC 9457).</summary>
    public ValueTask RefuseAsync(Problem problem)
    {
        if (Response.HasStarted)
        {
            // What went out can't be taken back: a connection that ends early is the only honest sign left.
            Abort();
            return default;
        }

        Refused = problem;
        var status = Statuses.Of(problem.Code);
        var revision = problem.Revision ?? api.Store.Applied.Revision;
        Response.Clear();
        SetHeaders(status, revision);
        var headers = Response.Headers;
        headers.ContentType = "application/problem+json";
        headers.CacheControl = "no-store";
        if (problem.RowRevision > 0)
        {
            headers.ETag = ETag(problem.RowRevision);
        }

        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            headers.RetryAfter = "1";
        }

        if (problem.Code == ProblemCode.DiskFull)
        {
            // It clears by itself, but not at once: somebody must make room first.
            headers.RetryAfter = "10";
        }

        if (problem.Allow is not null)
        {
            headers.Allow = problem.Allow;
        }

        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body, JsonText.Options))
        {
            Write(json, problem, status, revision);
        }

        return EndAsync(body.WrittenSpan);
    }

    /// <summary>Ends the answer with a body of known length.</summary>
    public ValueTask EndAsync(ReadOnlySpan<byte> body)
    {
        Response.ContentLength = body.Length;
        if (!IsHead)
        {
            // Not flushed here: the server does, once, when the request ends.
            Response.BodyWriter.Write(body);
        }

        return default;
    }

    /// <summary>Ends the answer with a small JSON object.</summary>
    public ValueTask EndJsonAsync(string json)
    {
        Response.ContentType = "application/json";
        Span<byte> body = stackalloc byte[json.Length];
        return EndAsync(body[..System.Text.Encoding.ASCII.GetBytes(json, body)]);
    }

    /// <summary>Ends the answer with a JSON object that holds text.</summary>
    public ValueTask EndJsonAsync(Action<Utf8JsonWriter> write)
    {
        Response.ContentType = "application/json";
        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body, JsonText.Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return EndAsync(body.WrittenSpan);
    }

    /// <summary>A revision as an entity tag.</summary>
    public static string ETag(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>Writes a problem as a JSON object.</summary>
    public void Write(Utf8JsonWriter json, Problem problem, int status, long revision)
    {
        var (code, title) = Statuses.Text(problem.Code);
        json.WriteStartObject();
        json.WriteString("type", $"/problems/{code}");
        json.WriteString("title", title);
        json.WriteNumber("status", status);
        json.WriteString("detail", problem.Detail);
        json.WriteString("instance", target.Path);
        json.WriteString("code", code);
        json.WriteString("outcome", Statuses.Text(problem.Outcome));
        json.WriteBoolean("retryable", problem.Retryable);
        if (problem.Field is not null)
        {
            json.WriteString("field", problem.Field);
        }

        json.WritePropertyName("leader");
        WriteLeader(json, api.Consensus.Standing.Leader);
        json.WriteNumber("revision", revision);
        if (problem.Holder is { } holder)
        {
            json.WriteString("holder", holder.Owner);
            json.WriteNumber("fence", holder.Fence);
            json.WriteString("since", Locks.Instant.Show(holder.Since));
        }

        if (problem.OldestRevision is { } oldest)
        {
            json.WriteNumber("oldestRevision", oldest);
        }

        if (problem.FullDisks.Count > 0)
        {
            FullDisk.Write(json, problem.FullDisks);
        }

        if (NodeTrace.Current is { } trace)
        {
            json.WriteString("traceId", trace.TraceId.ToHexString());
        }

        json.WriteEndObject();
    }

    /// <summary>Writes who leads: an object with its id and address, or null.</summary>
    public static void WriteLeader(Utf8JsonWriter json, Member? leader)
    {
        if (leader is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("id", leader.Id);
        json.WriteString("url", Configuration.Addresses.Show(leader.Url));
        json.WriteEndObject();
    }

    /// <summary>The raw target of a request.</summary>
    public static RequestTarget TargetOf(HttpContext http) =>
        RequestTarget.Of(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
}
