using System.Net.Sockets;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>
/// Speaks plain HTTP with one node. Never retries, never follows, never remembers: a fault of the product must not be
/// hidden by the one who looks for it.
/// </summary>
internal sealed class NodeClient : IDisposable
{
    /// <summary>Far above any wait a test asks for: who reaches it has hung.</summary>
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(45);

    private readonly HttpClient _http;

    public NodeClient(Uri url)
    {
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
        })
        {
            BaseAddress = url,
            Timeout = Hang,
        };
    }

    /// <summary>Writes a row.</summary>
    public Task<Answer> PutAsync(string key, string value, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, Row(key), value, headers);

    /// <summary>Reads a row.</summary>
    public Task<Answer> GetAsync(string key, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, Row(key), body: null, headers);

    /// <summary>Sends any request.</summary>
    /// <exception cref="HttpRequestException">There was no answer, or not a whole one.</exception>
    /// <exception cref="TaskCanceledException">It hung.</exception>
    public async Task<Answer> SendAsync(HttpMethod method, string target, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, target);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body);
            if (target is "/v1/txn" or "/v1/compact" || target.StartsWith("/v1/tables/", StringComparison.Ordinal))
            {
                request.Content.Headers.ContentType = new("application/json");
            }
        }

        using var response = await SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new Answer(
            (int)response.StatusCode,
            response.Headers.Concat(response.Content.Headers)
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
            bytes);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The path of a row.</summary>
    public static string Row(string key) => $"/v1/kv/{Uri.EscapeDataString(key)}";

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        try
        {
            return await _http.SendAsync(request, TestContext.Current.CancellationToken);
        }
        catch (SocketException broken)
        {
            // A connection that breaks while it is made comes bare.
            throw new HttpRequestException(HttpRequestError.ConnectionError, broken.Message, broken);
        }
    }
}
