using System.Runtime.CompilerServices;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>
/// Gives the leadership to another node. While writes go on, it is waited for until it is near; then nothing new is taken,
/// what is under way is committed, and once the other has all of it, it is told to stand. This node leads until it is
/// voted out: when the other node fails, nothing has happened, and writes go on here.
/// </summary>
/// <param name="raft">This node.</param>
/// <param name="log">Its log.</param>
/// <param name="peers">The voters, this node among them.</param>
/// <param name="proposer">Takes the writes.</param>
/// <param name="leaders">Tells who leads.</param>
/// <param name="leaderTerm">The term that this node leads, or led, in.</param>
/// <param name="options">The time limits.</param>
internal sealed class HandOver(
    RaftNode raft, IRaftLog log, IReadOnlyList<PeerMember> peers, Proposer proposer, LeaderWatch leaders, Func<long> leaderTerm, ConsensusOptions options)
{
    private readonly Turn _one = new();
    private readonly ConditionalWeakTable<PeerMember, VoterMatches> _matches = [];

    /// <summary>Hands over to one node.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="patience">Ends the wait for its turn, and for the other node to come near.</param>
    public async ValueTask<LeadershipResult> ToAsync(string id, CancellationToken patience)
    {
        if (peers.FirstOrDefault(peer => peer.Member.Id == id) is not { } heir)
        {
            return new LeadershipResult.Refused(
                $"{id} is no voter of this cluster: {string.Join(", ", peers.Select(peer => peer.Member.Id))} are");
        }

        using (await _one.TakeAsync(patience).ConfigureAwait(false))
        {
            return !raft.LeadsWithCommit ? new LeadershipResult.NotLeader()
                : heir.IsRemote ? await ToAsync(heir, patience).ConfigureAwait(false)
                : new LeadershipResult.Done(heir.Member);
        }
    }

    /// <summary>Hands over to the node that has the most of the log, or to the next when that one can't.</summary>
    public async ValueTask<LeadershipResult> ToAnyAsync(CancellationToken patience)
    {
        using (await _one.TakeAsync(patience).ConfigureAwait(false))
        {
            var refusals = new List<string>();
            var term = leaderTerm();
            foreach (var heir in peers.Where(peer => peer.IsRemote).OrderByDescending(peer => IsNear(peer) ? peer.MatchIndex(term) : -1))
            {
                if (!raft.LeadsWithCommit)
                {
                    return new LeadershipResult.NotLeader();
                }

                var result = await ToAsync(heir, patience).ConfigureAwait(false);
                if (result is not LeadershipResult.Refused refused)
                {
                    return result;
                }

                refusals.Add(refused.Why);
            }

            return new LeadershipResult.Refused(refusals.Count == 0 ? "there is no other node" : string.Join("; ", refusals));
        }
    }

    private async ValueTask<LeadershipResult> ToAsync(PeerMember heir, CancellationToken patience)
    {
        var (id, term) = (heir.Member.Id, leaderTerm());
        if (!IsNear(heir))
        {
            return new LeadershipResult.Refused($"{id} can't be reached");
        }

        if (!await HasAsync(heir, term, log.LastIndex, options.ElectionTimeout * 2, patience).ConfigureAwait(false))
        {
            return new LeadershipResult.Refused(TooFarBehind(heir, term));
        }

        proposer.Pause();
        try
        {
            return await ToReadyAsync(heir, term).ConfigureAwait(false);
        }
        finally
        {
            proposer.Resume();
        }
    }

    /// <summary>Not cut short by anybody's patience: each step is bounded, and in between writes wait.</summary>
    private async ValueTask<LeadershipResult> ToReadyAsync(PeerMember heir, long term)
    {
        var id = heir.Member.Id;
        using var limit = new CancellationTokenSource(options.ElectionTimeout);
        try
        {
            await proposer.DrainAsync().WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new LeadershipResult.Refused("writes that are under way are not committed in time");
        }

        if (!await HasAsync(heir, term, log.LastIndex, options.ElectionTimeout, limit.Token).ConfigureAwait(false))
        {
            return new LeadershipResult.Refused(TooFarBehind(heir, term));
        }

        try
        {
            if (await heir.Link!.TakeOverAsync(term, CancellationToken.None).ConfigureAwait(false) is { } refusal)
            {
                return new LeadershipResult.Refused($"{id} {refusal}");
            }
        }
        catch (PeerUnavailableException)
        {
            // It may have heard the order, and the answer be lost: what follows shows.
        }

        return await OutcomeAsync(heir.Member, heir.Link!).ConfigureAwait(false);
    }

    private async ValueTask<LeadershipResult> OutcomeAsync(Member heir, IPeerLink link)
    {
        using var limit = new CancellationTokenSource(options.ElectionTimeout);
        var self = peers.First(peer => !peer.IsRemote).Member;
        try
        {
            await leaders.WaitForChangeAsync(self, options.ElectionTimeout, limit.Token).ConfigureAwait(false);
            var leader = await leaders.WaitAsync(limit.Token).ConfigureAwait(false);
            if (leader != heir)
            {
                return new LeadershipResult.Refused($"{heir.Id} did not take over in time, and {leader.Id} leads");
            }

            await ServesAsync(link, limit.Token).ConfigureAwait(false);
            return new LeadershipResult.Done(heir);
        }
        catch (OperationCanceledException)
        {
            return new LeadershipResult.Refused($"{heir.Id} stood for election, and nobody was elected in time");
        }
    }

    /// <summary>Elected is not yet serving: who can prove that it leads has committed something of its own term.</summary>
    private static async ValueTask ServesAsync(IPeerLink link, CancellationToken limit)
    {
        try
        {
            await LeaderQuestions.AskAsync(link, limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It leads, and is slow.
        }
    }

    private async ValueTask<bool> HasAsync(PeerMember heir, long term, long index, TimeSpan atMost, CancellationToken patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience);
        limit.CancelAfter(atMost);
        return await _matches.GetValue(heir, peer => new VoterMatches([peer], leaderTerm)).WaitAsync(term, index, limit.Token).ConfigureAwait(false);
    }

    private string TooFarBehind(PeerMember heir, long term) =>
        heir.MatchIndex(term) is var match and > 0
            ? $"{heir.Member.Id} is {log.LastIndex - match} entries behind"
            : $"{heir.Member.Id} has not confirmed anything to this leader";

    private bool IsNear(PeerMember peer) => peer.LastContact < options.ElectionTimeout * 2;
}
