using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus;

/// <content>What the other nodes ask of this one.</content>
public sealed partial class ConsensusNode
{
    void IPeerDuties.BeginHearing() => _contact.Begin();

    void IPeerDuties.EndHearing(string? leader, in StateAt state)
    {
        _contact.End(leader);
        if (leader is not null)
        {
            _states.Claimed(leader, state);
        }
    }

    void IPeerDuties.Disconnected(string other) => _deaths.Look(other);

    ValueTask<VoteReply> IPeerDuties.VoteAsync(string candidate, VoteRequest vote, CancellationToken token) =>
        _ballots.AnswerAsync(candidate, vote, token);

    async ValueTask<string?> IPeerDuties.TakeOverAsync(long term, CancellationToken token)
    {
        if (_candidacy.Refusal is { } refusal)
        {
            return refusal;
        }

        if (_raft.Term != term)
        {
            return $"is in term {_raft.Term}, not {term}";
        }

        _candidacy.Order(term);
        await _raft.TakeOverAsync(token).ConfigureAwait(false);
        return null;
    }

    async ValueTask<LeaderProof?> IPeerDuties.ProveAsync(CancellationToken token)
    {
        await WaitWhileElectedAsync(token).ConfigureAwait(false);
        return await _proof.ProveAsync(token).ConfigureAwait(false) is { } index ? new LeaderProof(index, _log.LastIndex) : null;
    }

    ValueTask<byte[]> IPeerDuties.ReceiveSnapshotAsync(FrameKind kind, ReadOnlyMemory<byte> body, CancellationToken token) =>
        _receiver.AnswerAsync(kind, body, token);
}
