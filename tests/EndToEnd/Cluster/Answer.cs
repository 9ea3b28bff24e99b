using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>An HTTP answer, whole.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">Its headers, by their names in any case.</param>
/// <param name="Body">Its body.</param>
internal sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The body as JSON.</summary>
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
    }

    /// <summary>The session token.</summary>
    public string Session => Headers["Raft-Session"];

    /// <summary>A problem's code.</summary>
    public string? Code => Problem("code");

    /// <summary>A problem's outcome.</summary>
    public string? Outcome => Problem("outcome");

    /// <summary>A number in a header.</summary>
    public long Number(string header) => long.Parse(Headers[header], CultureInfo.InvariantCulture);

    /// <summary>Everything, for a message.</summary>
    public override string ToString() =>
        $"{Status} {(Body.Length <= 1_000 ? Text : $"{Body.Length} bytes")} [{string.Join(", ", Headers.Where(h => h.Key.StartsWith("Raft-", StringComparison.OrdinalIgnoreCase)).Select(h => $"{h.Key}: {h.Value}"))}]";

    private string? Problem(string field) =>
        Headers.GetValueOrDefault("Content-Type") is { } type && type.StartsWith("application/problem+json", StringComparison.Ordinal)
        && Json.TryGetProperty(field, out var value)
            ? value.GetString()
            : null;
}
