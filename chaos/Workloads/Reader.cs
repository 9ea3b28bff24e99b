using System.Globalization;
using System.Text;
using System.Text.Json;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Reads what a cluster holds, through one node, linearizably.</summary>
/// <param name="node">The node.</param>
internal sealed class Reader(NodeProcess node) : IDisposable
{
    private static readonly (string, string)[] _linearizable = [("Raft-Consistency", "linearizable"), ("Raft-Wait", "20s")];

    private readonly HttpConnection _connection = new(node.Http);

    /// <summary>All rows, at one revision.</summary>
    /// <exception cref="HarnessException">The node doesn't answer as it should.</exception>
    public async Task<Picture> AllAsync()
    {
        var rows = new Dictionary<string, Row>();
        var revision = 0L;
        for (string? next = ""; next is not null;)
        {
            var after = next.Length == 0 ? "" : $"&after={Uri.EscapeDataString(next)}";
            var answer = await GetAsync($"/v1/kv?prefix=&limit=2000{after}", 200);
            using var json = JsonDocument.Parse(answer.Body);
            revision = json.RootElement.GetProperty("revision").GetInt64();
            foreach (var item in json.RootElement.GetProperty("items").EnumerateArray())
            {
                rows.Add(item.GetProperty("key").GetString()!, new Row(
                    item.TryGetProperty("value", out var text)
                        ? text.GetString()!
                        : Encoding.UTF8.GetString(item.GetProperty("value64").GetBytesFromBase64()),
                    item.GetProperty("revision").GetInt64(),
                    item.GetProperty("version").GetInt64()));
            }

            next = json.RootElement.TryGetProperty("next", out var token) && token.ValueKind == JsonValueKind.String
                ? token.GetString()
                : null;
        }

        return new Picture(revision, rows);
    }

    /// <summary>One row: another way through the node than a list.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="revision">As it was at this revision; null for as it is.</param>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="HarnessException">The node doesn't answer as it should.</exception>
    public async Task<Row?> RowAsync(string key, long? revision = null)
    {
        var query = revision is { } at ? string.Create(CultureInfo.InvariantCulture, $"?rev={at}") : "";
        var answer = await GetAsync($"/v1/kv/{key}{query}", 200, 404);
        return answer.Status == 404
            ? null
            : new Row(
                answer.Text,
                long.Parse(answer.Headers["ETag"].Trim('"'), CultureInfo.InvariantCulture),
                long.Parse(answer.Headers["Raft-Version"], CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private async Task<HttpAnswer> GetAsync(string target, params int[] expected)
    {
        try
        {
            var answer = await _connection.SendAsync("GET", target, body: null, _linearizable);
            return expected.Contains(answer.Status)
                ? answer
                : throw new HarnessException($"{node.Id} answers GET {target} with {answer.Status} {answer.Text}");
        }
        catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
        {
            throw new HarnessException($"{node.Id} does not answer GET {target}: {silent.Message}");
        }
    }
}
