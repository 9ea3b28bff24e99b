namespace RaftCluster.Node.Consensus;

/// <content>What it has to say of itself to who measures.</content>
public sealed partial class ConsensusNode
{
    private string? _ledBy;

    /// <inheritdoc/>
    public ConsensusFigures Figures
    {
        get
        {
            var (waiting, bytes) = _proposer.Waiting;
            var state = _states.Told;
            var figures = new ConsensusFigures
            {
                SyncedIndex = _log.SyncedIndex,
                LogBytes = _log.BytesFrom(_log.FirstIndex),
                ProposalsWaiting = waiting,
                BytesWaiting = bytes,
                StateCheckIndex = state.Index,
                StateCheckHash = (long)(ulong)(state.Hash >> 80),
            };
            var status = Status;
            return status.Role != Role.Leader ? figures : figures with
            {
                Lags = [.. LagsOf(status)],
                VotersInContact = status.Members.Count(member => member.Configured.IsVoter && member.LastContact <= _options.ElectionTimeout),
            };
        }
    }

    private IEnumerable<FollowerLag> LagsOf(ConsensusStatus status)
    {
        var now = _time.GetUtcNow();
        return status.Members
            .Where(member => member.Member.Id != _options.Self.Id)
            .Select(member => FollowerLags.Of(member.Member.Id, member.MatchIndex ?? 0, _log, now));
    }

    /// <summary>Counts another leader than before; nobody in between is no leader.</summary>
    private void Count(string? leader)
    {
        if (leader is not null && Interlocked.Exchange(ref _ledBy, leader) is var before && before != leader)
        {
            _options.Measures.LeaderChanges.Add();
        }
    }
}
