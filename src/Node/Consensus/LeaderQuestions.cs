using System.Runtime.CompilerServices;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// A follower's questions to the leader: one at a time, each for all who wait at the moment it is sent, like the
/// leader's own proof.
/// </summary>
internal sealed class LeaderQuestions(PeerTable peers)
{
    private readonly ConditionalWeakTable<IPeerLink, SharedRound> _rounds = [];

    /// <summary>Asks a node to prove that it leads.</summary>
    /// <returns>The index to wait for; null when it does not lead, or did not answer.</returns>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public Task<long?> AskAsync(Member leader, CancellationToken patience) => peers.Find(leader.Id)?.Link is { } link
        ? _rounds.GetValue(link, static link => new SharedRound(() => AskForIndexAsync(link))).JoinAsync(patience)
        : Task.FromResult<long?>(null);

    /// <summary>Asks over a link, for the caller alone.</summary>
    /// <returns>What the other node proved; null when it does not lead, or did not answer.</returns>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public static async Task<LeaderProof?> AskAsync(IPeerLink link, CancellationToken patience)
    {
        try
        {
            return await link.ConfirmAsync(patience).ConfigureAwait(false);
        }
        catch (PeerUnavailableException)
        {
            return null;
        }
    }

    private static async Task<long?> AskForIndexAsync(IPeerLink link) =>
        (await AskAsync(link, CancellationToken.None).ConfigureAwait(false))?.Index;
}
