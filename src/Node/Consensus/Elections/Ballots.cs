using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>
/// How this node answers candidates. The library judges terms, logs and the vote already given; what comes before is
/// decided here: a node that hears a leader gives no vote, however long or short the library's own timeout is, unless
/// that leader itself handed over.
/// </summary>
internal sealed class Ballots(RaftNode raft, Candidacy candidacy, LeaderContact contact, ConsensusOptions options)
{
    /// <summary>A leader's own round may say that it leads, at the very moment at which it is asked to let go.</summary>
    private const int MostTries = 5;

    /// <summary>Answers a candidate.</summary>
    public ValueTask<VoteReply> AnswerAsync(string candidate, VoteRequest vote, CancellationToken token) =>
        !candidacy.MayVote ? ValueTask.FromResult(new VoteReply(raft.Term, (byte)PreVoteResult.RejectedByFollower))
        : vote.Kind == VoteKind.Before ? AnswerBeforeAsync(candidate, vote, token)
        : VoteAsync(candidate, vote, token);

    private async ValueTask<VoteReply> AnswerBeforeAsync(string candidate, VoteRequest vote, CancellationToken token)
    {
        ForgetSilentLeader();
        var would = await raft.OnPreVoteAsync(candidate, vote.Term, vote.LastIndex, vote.LastTerm, token).ConfigureAwait(false);
        if (would.Value == PreVoteResult.Accepted)
        {
            candidacy.HoldBack(ElectionTimer.Step(options.ElectionTimeout) * 2);
        }

        return new VoteReply(would.Term, (byte)would.Value);
    }

    private async ValueTask<VoteReply> VoteAsync(string candidate, VoteRequest vote, CancellationToken token)
    {
        for (var tries = 1; ; tries++)
        {
            var leads = raft.IsLeading;
            if (vote.Kind == VoteKind.HandedOver && vote.Term - raft.Term is 0 or 1)
            {
                raft.ForgetLeader();
            }
            else
            {
                ForgetSilentLeader();
            }

            var does = await raft.OnVoteAsync(candidate, vote.Term, vote.LastIndex, vote.LastTerm, token).ConfigureAwait(false);
            if (does.Value)
            {
                candidacy.HoldBack(ElectionTimer.Step(options.ElectionTimeout) * 2);
            }

            if (does.Value || vote.Kind != VoteKind.HandedOver || !leads || raft.Term >= vote.Term || tries == MostTries)
            {
                return new VoteReply(does.Term, (byte)(does.Value ? PreVoteResult.Accepted : PreVoteResult.RejectedByFollower));
            }
        }
    }

    private void ForgetSilentLeader()
    {
        if (!raft.IsLeading && contact.IsSilent(options.ElectionTimeout))
        {
            raft.ForgetLeader();
        }
    }
}
