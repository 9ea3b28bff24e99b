using System.Net;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Supervision;

/// <summary>What a node said of its health.</summary>
/// <param name="Passed">Whether it is well.</param>
/// <param name="Text">What it said, or why it could not be asked.</param>
internal readonly record struct HealthAnswer(bool Passed, string Text);

/// <summary>Asks a node on this machine for its health, at the address on which it listens.</summary>
internal sealed class HealthProbe : IDisposable
{
    /// <summary>Whether the process works.</summary>
    public const string Live = "/livez";

    /// <summary>Whether it can serve.</summary>
    public const string Ready = "/readyz";

    private readonly HttpClient _http;

    /// <param name="options">The node's options.</param>
    /// <param name="patience">How long an answer may take.</param>
    public HealthProbe(NodeOptions options, TimeSpan patience) =>
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = UrlOf(options.HttpEndPoint),
            Timeout = patience,
        };

    /// <summary>Asks.</summary>
    /// <param name="path">One of <see cref="Live"/> and <see cref="Ready"/>.</param>
    /// <param name="token">Ends it.</param>
    /// <exception cref="OperationCanceledException"><paramref name="token"/> was cancelled.</exception>
    public async Task<HealthAnswer> AskAsync(string path, CancellationToken token)
    {
        try
        {
            using var answer = await _http.GetAsync(path, token);
            return new HealthAnswer(answer.IsSuccessStatusCode, (await answer.Content.ReadAsStringAsync(token)).TrimEnd());
        }
        catch (Exception none) when (none is HttpRequestException or OperationCanceledException && !token.IsCancellationRequested)
        {
            return new HealthAnswer(false, $"{_http.BaseAddress!.GetLeftPart(UriPartial.Authority)} does not answer: {none.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>A node that listens on all addresses is asked over loopback.</summary>
    internal static Uri UrlOf(IPEndPoint listens)
    {
        var at = listens.Address;
        at = at.Equals(IPAddress.Any) ? IPAddress.Loopback : at.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : at;
        return new Uri($"http://{new IPEndPoint(at, listens.Port)}");
    }
}
