using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Raft;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// Proves this node's leadership with a round to the majority, once for all who wait at the moment it begins.
/// </summary>
internal sealed class LeadershipProof(RaftNode raft, CommitProgress progress)
{
    private readonly SharedRound _rounds = new(() => RoundAsync(raft, progress));

    /// <summary>The commit index at a moment after this call at which this node led; null when it does not.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public Task<long?> ProveAsync(CancellationToken patience) => _rounds.JoinAsync(patience);

    private static async Task<long?> RoundAsync(RaftNode raft, CommitProgress progress)
    {
        if (!raft.LeadsWithCommit)
        {
            return null;
        }

        // Taken before the round: what was acknowledged before the question is at or below it.
        var committed = progress.Committed;
        try
        {
            await raft.ForceReplicationAsync().ConfigureAwait(false);
            return committed;
        }
        catch (Exception lost) when (lost is NotLeaderException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }
}
