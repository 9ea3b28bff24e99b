using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace RaftCluster.Client;

/// <content>What an operator does.</content>
public sealed partial class RaftClusterClient
{
    /// <summary>Drops history below a revision, on every node; never current rows.</summary>
    /// <param name="revision">The oldest revision that stays readable: at least 1, at most the newest.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What can be read now.</returns>
    public Task<CompactResult> CompactAsync(long revision, CancellationToken cancellation = default) =>
        CompactAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"revision":{{revision}}}"""), cancellation);

    /// <summary>Drops history that is older than an age, by the leader's clock.</summary>
    /// <param name="age">How long a revision stays readable after the next one.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What can be read now.</returns>
    public Task<CompactResult> CompactAsync(TimeSpan age, CancellationToken cancellation = default) =>
        CompactAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"olderThan":"{{(long)age.TotalMilliseconds}}ms"}"""), cancellation);

    /// <summary>What one node says of itself, asked once.</summary>
    /// <param name="endpoint">The node.</param>
    /// <param name="patience">How long to wait for it.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<NodeReport> GetNodeReportAsync(Uri endpoint, TimeSpan patience, CancellationToken cancellation = default)
    {
        var body = await AskAsync(endpoint, "/v1/node", patience, cancellation);
        try
        {
            return JsonSerializer.Deserialize(body, ClientJson.Default.NodeReport) ?? throw Requests.Malformed("a node's report");
        }
        catch (JsonException)
        {
            throw Requests.Malformed("a node's report");
        }
    }

    /// <summary>One node's newest log lines, asked once.</summary>
    /// <param name="endpoint">The node.</param>
    /// <param name="lines">How many at most, up to 2,000.</param>
    /// <param name="patience">How long to wait for it.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<string> GetNodeLogAsync(Uri endpoint, int lines, TimeSpan patience, CancellationToken cancellation = default) =>
        Encoding.UTF8.GetString(await AskAsync(
            endpoint, string.Create(CultureInfo.InvariantCulture, $"/v1/node/log?lines={lines}"), patience, cancellation));

    private async Task<byte[]> AskAsync(Uri endpoint, string target, TimeSpan patience, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var answer = await _dispatcher.AskAsync(new Call(HttpMethod.Get, target) { Patience = patience }, endpoint, cancellation);
        return answer.Status is HttpStatusCode.OK ? answer.Body : throw new RaftClusterException(answer.Failure, endpoint);
    }

    private async Task<CompactResult> CompactAsync(string body, CancellationToken cancellation)
    {
        // Dropping the same again changes nothing, so it may be repeated; a key would be kept in vain.
        var call = new Call(HttpMethod.Post, "/v1/compact") { Body = Encoding.UTF8.GetBytes(body), ContentType = "application/json" };
        var answer = await _dispatcher.SendAsync(call, cancellation);
        return answer.Status is HttpStatusCode.OK
            ? Requests.Body(answer, ClientJson.Default.CompactResult, Outcome.Applied)
            : throw new RaftClusterException(answer.Failure, endpoint: null);
    }
}

/// <summary>What a compaction came to.</summary>
/// <param name="Revision">The cluster's revision.</param>
/// <param name="OldestRevision">The oldest revision that can be read from now on.</param>
public sealed record CompactResult(long Revision, long OldestRevision);
