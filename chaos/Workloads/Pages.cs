using System.Text.Json;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>All rows of a prefix, page by page: one picture, for each page goes on at the revision of the first.</summary>
internal static class Pages
{
    /// <summary>Reads them.</summary>
    /// <param name="get">Gets a target.</param>
    /// <param name="prefix">How the rows' names begin.</param>
    public static async Task<(IReadOnlyList<ListedRow> Rows, long Revision)> ReadAsync(Func<string, Task<HttpAnswer>> get, string prefix)
    {
        var (rows, revision) = (new List<ListedRow>(), 0L);
        for (string? next = ""; next is not null;)
        {
            var after = next.Length == 0 ? "" : $"&after={Uri.EscapeDataString(next)}";
            var answer = await get($"/v1/kv?prefix={prefix}&limit=1000{after}");
            using var json = JsonDocument.Parse(answer.Body);
            rows.AddRange(Client.RowsOf(answer));
            revision = json.RootElement.GetProperty("revision").GetInt64();
            next = json.RootElement.TryGetProperty("next", out var token) ? token.GetString() : null;
        }

        return (rows, revision);
    }
}
