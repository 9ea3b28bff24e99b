using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>
/// What a majority is, by the newest configuration in this node's own log. The library counts by a list of members that is
/// replaced a moment before or after the log has the entry; what may be committed, and who may lead, is judged by this.
/// </summary>
internal sealed class QuorumRules(string self, IRaftLog log, ConfigurationStore configurations, PeerTable peers)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _granted = new(StringComparer.Ordinal);
    private long _votesTerm;

    /// <summary>A member gave its vote to this node.</summary>
    public void Granted(long term, string voter)
    {
        lock (_gate)
        {
            if (_votesTerm < term)
            {
                (_votesTerm, _) = (term, 0);
                _granted.Clear();
            }

            if (_votesTerm == term)
            {
                _granted.Add(voter);
            }
        }
    }

    /// <summary>Whether this node has the votes of a majority in a term.</summary>
    public bool IsElected(long term)
    {
        var configuration = configurations.Newest(log).Configuration;
        lock (_gate)
        {
            return _votesTerm == term && configuration.Voters.Count(voter => _granted.Contains(voter.Id)) >= configuration.Majority;
        }
    }

    /// <summary>Up to where a majority has this node's log on disk, or will have when its own disk has it too; only entries of its term are counted.</summary>
    /// <param name="term">The term in which this node leads.</param>
    /// <param name="index">Where the library would commit.</param>
    /// <returns>At most <paramref name="index"/>; 0 for nothing.</returns>
    public long Committable(long term, long index)
    {
        var configuration = configurations.Newest(log).Configuration;
        Span<long> matches = stackalloc long[ClusterConfiguration.MaximumMembers];
        var count = 0;
        foreach (var voter in configuration.Members)
        {
            if (voter.IsVoter)
            {
                matches[count++] = voter.Id == self ? log.LastIndex : peers.Find(voter.Id)?.MatchIndex(term) ?? 0;
            }
        }

        matches = matches[..count];
        matches.Sort();
        var most = Math.Min(index, count == 0 ? 0 : matches[count - configuration.Majority]);

        // An earlier term's entry is never committed by counting: a later leader could lack it all the same.
        return most == index || log.TermAt(most) == term ? most : 0;
    }
}
