using System.Text;
using System.Text.Json;

namespace RaftCluster.Chaos.Workloads;

/// <summary>An HTTP answer, whole.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">Its headers, by their names in any case.</param>
/// <param name="Body">Its body.</param>
internal sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>What a problem says became of the write; null when it says nothing, or is none.</summary>
    public string? Outcome
    {
        get
        {
            if (Headers.GetValueOrDefault("Content-Type")?.StartsWith("application/problem+json", StringComparison.Ordinal) != true)
            {
                return null;
            }

            using var json = JsonDocument.Parse(Body);
            return json.RootElement.TryGetProperty("outcome", out var outcome) ? outcome.GetString() : null;
        }
    }
}
