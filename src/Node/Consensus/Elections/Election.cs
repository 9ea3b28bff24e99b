using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>
/// This node's own side of an election, between the library and the voters: whether it begins at all, what is asked, and
/// this node's word for itself.
/// </summary>
internal sealed class Election(Candidacy candidacy, Polls polls)
{
    public Polls Polls => polls;

    /// <summary>Whether this node may stand in the term after this one: the one gate that every way to an election passes.</summary>
    public bool MayStand(long term) => candidacy.MayStand(term);

    /// <summary>Whether the leader of this term wants this node to follow it: it knows better than anybody whether it lives.</summary>
    public bool IsHandedOver(long term) => candidacy.IsOrdered(term);

    /// <summary>What is asked in the term of an election.</summary>
    public VoteKind KindIn(long term) => candidacy.IsOrdered(term - 1) ? VoteKind.HandedOver : VoteKind.Vote;

    /// <summary>This node's word before an election.</summary>
    public PreVoteResult AgreeWithSelf(long term)
    {
        polls.GrantOwn(pre: true, term);
        return PreVoteResult.Accepted;
    }

    /// <summary>This node's vote.</summary>
    public bool VoteForSelf(long term)
    {
        polls.GrantOwn(pre: false, term);
        return true;
    }
}
