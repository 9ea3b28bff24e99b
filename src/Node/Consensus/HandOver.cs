using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// Gives the leadership to another node: waits until it has everything, steps down, tells the others not to hold its
/// election back for having heard of the old leader a moment ago, and tells it to stand at once.
/// </summary>
internal sealed class HandOver(RaftNode raft, IRaftLog log, IReadOnlyList<PeerMember> peers, ConsensusOptions options)
{
    /// <summary>Steps down in favour of the other node that has the most of the log.</summary>
    /// <param name="term">The term this node leads in.</param>
    /// <param name="patience">Ends the wait for the other node to catch up; this node steps down in any case.</param>
    /// <returns>False when this node does not lead.</returns>
    public async ValueTask<bool> ToAnyAsync(long term, CancellationToken patience)
    {
        var heir = peers
            .Where(peer => peer.IsRemote && peer.LastContact < options.ElectionTimeout * 2)
            .MaxBy(peer => peer.MatchIndex(term));
        if (heir is not null)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience);
            limit.CancelAfter(options.ElectionTimeout * 2);
            await new VoterMatches([heir], () => term).WaitAsync(term, log.LastIndex, limit.Token).ConfigureAwait(false);
        }

        if (!await raft.OnResignAsync(CancellationToken.None).ConfigureAwait(false))
        {
            return false;
        }

        ElectionControl.ForgetLeader(raft);
        var others = peers.Where(peer => peer.IsRemote && peer != heir).Select(peer => TellAsync(peer, term, stand: false, patience));
        await Task.WhenAll(others).ConfigureAwait(false);
        if (heir is not null)
        {
            await TellAsync(heir, term, stand: true, patience).ConfigureAwait(false);
        }

        return true;
    }

    private static async Task TellAsync(PeerMember peer, long term, bool stand, CancellationToken patience)
    {
        try
        {
            await peer.Link!.StepAsideAsync(term, stand, patience).ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is PeerUnavailableException or OperationCanceledException)
        {
            // The election comes by itself then, after the election timeout.
        }
    }
}
