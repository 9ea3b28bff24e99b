using System.Text.Json;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Cluster;

/// <summary>What a node says of the cluster.</summary>
/// <param name="Role">Its role.</param>
/// <param name="Leader">Whom it follows; null when it knows none.</param>
/// <param name="Term">Its term.</param>
/// <param name="Applied">The last index it applied.</param>
/// <param name="Revision">The revision it has come to.</param>
/// <param name="StateHash">A hash of everything it applied.</param>
/// <param name="First">The first index of its log.</param>
/// <param name="Last">The last one.</param>
/// <param name="Received">How much of a snapshot it has, from 0 to 1; null when it receives none.</param>
/// <param name="IsRebuilding">Whether it lost what it had and gets it from the others.</param>
internal sealed record NodeView(
    string Role, string? Leader, long Term, long Applied, long Revision, string StateHash, long First, long Last, double? Received,
    bool IsRebuilding)
{
    /// <summary>A patience for nodes that may be paused.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    /// <summary>Asks a node.</summary>
    /// <returns>Null when it doesn't answer.</returns>
    public static Task<NodeView?> OfAsync(NodeProcess node) => OfAsync(node, HttpConnection.Hang);

    /// <summary>Asks a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="patience">How long it may take.</param>
    /// <returns>Null when it doesn't answer.</returns>
    public static async Task<NodeView?> OfAsync(NodeProcess node, TimeSpan patience)
    {
        try
        {
            using var connection = new HttpConnection(node.Http, patience);
            var answer = await connection.SendAsync("GET", "/v1/cluster", body: null);
            if (answer.Status != 200)
            {
                return null;
            }

            using var json = JsonDocument.Parse(answer.Body);
            var root = json.RootElement;
            return new NodeView(
                root.GetProperty("role").GetString()!,
                root.GetProperty("leader") is { ValueKind: JsonValueKind.Object } leader ? leader.GetProperty("id").GetString() : null,
                root.GetProperty("term").GetInt64(),
                root.GetProperty("appliedIndex").GetInt64(),
                root.GetProperty("revision").GetInt64(),
                root.GetProperty("stateHash").GetString()!,
                root.GetProperty("firstIndex").GetInt64(),
                root.GetProperty("lastIndex").GetInt64(),
                ReceivedBy(node.Id, root),
                root.TryGetProperty("rebuilding", out _));
        }
        catch (Exception silent) when (silent is IOException or NotSentException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>How far a snapshot has come that a node receives: from 0 to 1; null when it receives none, or has just been removed.</summary>
    /// <param name="node">The node's id.</param>
    /// <param name="root">What it answered.</param>
    internal static double? ReceivedBy(string node, JsonElement root)
    {
        var itself = root.GetProperty("members").EnumerateArray().FirstOrDefault(member => member.GetProperty("id").GetString() == node);
        return itself.ValueKind == JsonValueKind.Object && itself.TryGetProperty("snapshot", out var snapshot)
            ? snapshot.GetProperty("bytes").GetDouble() / snapshot.GetProperty("totalBytes").GetDouble()
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Role} in term {Term}, applied {Applied}, revision {Revision}, state {StateHash}";
}
