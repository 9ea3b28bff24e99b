using System.Text.Json;

namespace RaftCluster.Client;

/// <content>Who leads, by an operator's will.</content>
public sealed partial class RaftClusterClient
{
    /// <summary>Has the leader hand over.</summary>
    /// <param name="to">The node that is to lead; null for the one that has the most of the log.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Who leads now.</returns>
    /// <exception cref="RaftClusterException"><c>leader-not-changed</c>: the message says why.</exception>
    public Task<LeaderInfo?> TransferLeadershipAsync(string? to = null, CancellationToken cancellation = default) =>
        ChangeAsync("/v1/cluster/leader", "to", to, cancellation);

    /// <summary>Lets a node stand for election, since nobody leads.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Who leads now: that node.</returns>
    /// <exception cref="RaftClusterException"><c>leader-not-changed</c>: the message says why.</exception>
    public Task<LeaderInfo?> FailOverAsync(string node, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        return ChangeAsync("/v1/cluster/failover", "to", node, cancellation);
    }

    /// <summary>Has a node leave leading to the others, for maintenance, or ends that.</summary>
    /// <param name="node">The node.</param>
    /// <param name="drained">Whether it is to be drained.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Who leads now; null when nobody is known to.</returns>
    /// <exception cref="RaftClusterException"><c>leader-not-changed</c>: the message says why.</exception>
    public Task<LeaderInfo?> DrainAsync(string node, bool drained, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        return ChangeAsync(drained ? "/v1/cluster/drain" : "/v1/cluster/undrain", "node", node, cancellation);
    }

    private async Task<LeaderInfo?> ChangeAsync(string target, string name, string? node, CancellationToken cancellation)
    {
        var body = node is null ? "{}" : $"{{\"{name}\":\"{JsonEncodedText.Encode(node)}\"}}";
        return (await PostAsync(target, body, ClientJson.Default.LeadershipBody, cancellation)).Leader;
    }
}

internal sealed record LeadershipBody(LeaderInfo? Leader, long Term);
