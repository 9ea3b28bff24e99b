using System.Collections.Concurrent;
using System.Net;
using System.Text;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

/// <summary>What a node is to answer, in order; and what it was asked.</summary>
internal sealed class Script : HttpMessageHandler
{
    internal static readonly Uri N1 = new("http://n1:8001");
    internal static readonly Uri N2 = new("http://n2:8002");
    internal static readonly Uri N3 = new("http://n3:8003");

    private readonly ConcurrentQueue<Func<HttpRequestMessage, Task<HttpResponseMessage>>> _steps = new();

    private Func<HttpRequestMessage, Task<HttpResponseMessage>>? _afterwards;

    internal List<Asked> Requests { get; } = [];

    internal IEnumerable<string> Hosts => Requests.Select(asked => asked.Host);

    internal Script Then(Func<HttpRequestMessage, Task<HttpResponseMessage>> step)
    {
        _steps.Enqueue(step);
        return this;
    }

    /// <summary>What every request gets once the steps are over.</summary>
    internal Script Afterwards(Func<HttpRequestMessage, Task<HttpResponseMessage>> step)
    {
        _afterwards = step;
        return this;
    }

    internal Script Answer(int status, string body = "", params (string Name, string Value)[] headers) =>
        Then(_ => Task.FromResult(Response(status, body, "text/plain", headers)));

    internal Script Json(int status, string body, params (string Name, string Value)[] headers) =>
        Then(_ => Task.FromResult(Response(status, body, "application/json", headers)));

    internal Script Problem(int status, string code, string outcome, bool retryable, params (string Name, string Value)[] headers) =>
        Then(_ => Task.FromResult(Response(
            status,
            $$"""{"title":"t","status":{{status}},"code":"{{code}}","outcome":"{{outcome}}","retryable":{{(retryable ? "true" : "false")}}}""",
            "application/problem+json",
            headers)));

    /// <summary>Nobody listens there.</summary>
    internal Script Refuse() => Then(_ => throw new HttpRequestException(
        HttpRequestError.ConnectionError, "Connection refused", new IOException("Connection refused")));

    /// <summary>The request went out whole, and then the connection died.</summary>
    internal Script Break() => Then(async request =>
    {
        await SendWholeAsync(request);
        throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended", new IOException("The response ended"));
    });

    /// <summary>The request went out whole, and no answer comes before the patience is over.</summary>
    internal Script FallSilent(VirtualTime time, TimeSpan patience) => Then(async request =>
    {
        await SendWholeAsync(request);
        time.Advance(patience);
        throw new OperationCanceledException();
    });

    internal RaftClusterClient Client(VirtualTime time, params Uri[] endpoints) => new(new RaftClusterOptions
    {
        Endpoints = endpoints.Length == 0 ? [N1, N2, N3] : [.. endpoints],
        Handler = this,
        Time = time,
        Jitter = new Random(1),
    });

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (Requests)
        {
            Requests.Add(new Asked(
                request.Method.Method,
                request.RequestUri!.Host,
                request.RequestUri.PathAndQuery,
                request.Headers.NonValidated.ToDictionary(header => header.Key, header => header.Value.ToString()),
                request.Content));
        }

        return _steps.TryDequeue(out var step) ? await step(request)
            : _afterwards is not null ? await _afterwards(request)
            : throw new InvalidOperationException("the script is over: " + request.RequestUri);
    }

    private static async Task SendWholeAsync(HttpRequestMessage request)
    {
        if (request.Content is { } content)
        {
            await content.CopyToAsync(Stream.Null);
        }
    }

    internal static HttpResponseMessage Response(int status, string body, string type, (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new StringContent(body, Encoding.UTF8, type),
        };
        foreach (var (name, value) in headers)
        {
            _ = response.Headers.TryAddWithoutValidation(name, value);
        }

        if (!response.Headers.Contains("Raft-Node"))
        {
            response.Headers.Add("Raft-Node", "n1");
        }

        return response;
    }

    internal sealed record Asked(string Method, string Host, string Target, IReadOnlyDictionary<string, string> Headers, HttpContent? Content)
    {
        /// <summary>What was sent, or would have been.</summary>
        internal string Body { get; } = Content is NotedContent noted ? Encoding.UTF8.GetString(noted.Bytes.Span) : "";

        internal string? ContentType => Content?.Headers.ContentType?.ToString();


        internal string? Header(string name) => Headers.GetValueOrDefault(name);
    }
}
