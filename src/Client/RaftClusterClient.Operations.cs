using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Serialization.Metadata;

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
        var answer = await AskAsync(new Call(HttpMethod.Get, "/v1/node"), endpoint, patience, cancellation);
        return Requests.Body(answer, ClientJson.Default.NodeReport, expected: "a node's report");
    }

    /// <summary>One node's newest log lines, asked once.</summary>
    /// <param name="endpoint">The node.</param>
    /// <param name="lines">How many at most, up to 2,000.</param>
    /// <param name="patience">How long to wait for it.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<string> GetNodeLogAsync(Uri endpoint, int lines, TimeSpan patience, CancellationToken cancellation = default)
    {
        var call = new Call(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/v1/node/log?lines={lines}"));
        return Encoding.UTF8.GetString((await AskAsync(call, endpoint, patience, cancellation)).Body);
    }

    /// <summary>What one node answers, asked once.</summary>
    /// <exception cref="RaftClusterException">It did not answer, or not with what was asked for.</exception>
    private async Task<Attempt.Answered> AskAsync(Call call, Uri endpoint, TimeSpan patience, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var answer = await _dispatcher.AskAsync(call with { Patience = patience }, endpoint, cancellation);
        return answer.Status is HttpStatusCode.OK ? answer : throw new RaftClusterException(answer.Failure, endpoint);
    }

    // Without a key, which would be kept in vain: dropping the same again changes nothing. A caller who does not know what
    // became of it may call it again; this client does not send it again by itself once a node may have it.
    private Task<CompactResult> CompactAsync(string body, CancellationToken cancellation) =>
        PostAsync("/v1/compact", body, ClientJson.Default.CompactResult, cancellation);

    /// <summary>Has the cluster do what JSON asks for: sent again only when it was certainly not done.</summary>
    private async Task<T> PostAsync<T>(string target, string body, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        var call = new Call(HttpMethod.Post, target) { Body = Encoding.UTF8.GetBytes(body), ContentType = "application/json" };
        var answer = await _dispatcher.SendAsync(call, cancellation);
        return answer.Status is HttpStatusCode.OK
            ? Requests.Body(answer, type, Outcome.Applied)
            : throw new RaftClusterException(answer.Failure, endpoint: null);
    }
}

/// <summary>What a compaction came to.</summary>
/// <param name="Revision">The cluster's revision.</param>
/// <param name="OldestRevision">The oldest revision that can be read from now on.</param>
public sealed record CompactResult(long Revision, long OldestRevision);
