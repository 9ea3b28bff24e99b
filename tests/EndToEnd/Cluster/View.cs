using System.Text.Json;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>What a node says of the cluster.</summary>
internal sealed record View(string Node, string Role, string? Leader, long Term, long Applied, long Revision, string StateHash)
{
    /// <summary>Reads <c>GET /v1/cluster</c>.</summary>
    public static View Of(JsonElement json) => new(
        json.GetProperty("node").GetString()!,
        json.GetProperty("role").GetString()!,
        json.GetProperty("leader") is { ValueKind: JsonValueKind.Object } leader ? leader.GetProperty("id").GetString() : null,
        json.GetProperty("term").GetInt64(),
        json.GetProperty("appliedIndex").GetInt64(),
        json.GetProperty("revision").GetInt64(),
        json.GetProperty("stateHash").ToString());
}
