using System.Text.Json;

namespace RaftCluster.Client;

/// <summary><c>GET /v1/cluster</c>.</summary>
internal static class ClusterCall
{
    internal static Call View { get; } = new(HttpMethod.Get, "/v1/cluster") { PrefersLeader = true };

    /// <summary>What it said; null when it is not a node's answer.</summary>
    internal static ClusterStatus? Read(Attempt.Answered answer)
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body, ClientJson.Default.ClusterStatus);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
