using System.Collections.Immutable;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// Up to where every voter is known to have this leader's log on its disk. Known for one term at a time: what voters
/// had of an earlier leader's log may have been replaced since.
/// </summary>
internal sealed class VoterMatches
{
    private readonly Func<ImmutableArray<PeerMember>> _others;
    private readonly Func<long> _currentTerm;
    private readonly Lock _change = new();
    private (long Term, ProgressGate Gate) _known = (0, new ProgressGate(0));

    /// <summary>Follows the match indexes of the other voters, whoever they are.</summary>
    public VoterMatches(PeerTable peers, Func<long> currentTerm)
    {
        _others = () => peers.Others;
        _currentTerm = currentTerm;
        peers.Moved += Advance;
        Advance();
    }

    /// <summary>Follows the match indexes of these members.</summary>
    public VoterMatches(IEnumerable<PeerMember> others, Func<long> currentTerm)
    {
        ImmutableArray<PeerMember> fixedOthers = [.. others];
        _others = () => fixedOthers;
        _currentTerm = currentTerm;
        foreach (var voter in fixedOthers)
        {
            voter.Matched += Advance;
        }

        Advance();
    }

    /// <summary>Waits until every voter has a committed entry on its disk.</summary>
    /// <returns>False when the patience, or the term, ended first.</returns>
    public async ValueTask<bool> WaitAsync(long term, long index, CancellationToken patience)
    {
        try
        {
            if (!_others().IsEmpty && Gate(term) is { } gate)
            {
                await gate.WaitAsync(index, patience).ConfigureAwait(false);
            }

            return _others().IsEmpty || _currentTerm() == term;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Advance()
    {
        var term = _currentTerm();
        var everywhere = long.MaxValue;
        foreach (var voter in _others())
        {
            everywhere = Math.Min(everywhere, voter.MatchIndex(term));
        }

        Gate(term)?.Advance(everywhere);
    }

    private ProgressGate? Gate(long term)
    {
        lock (_change)
        {
            if (_known.Term < term)
            {
                _known = (term, new ProgressGate(0));
            }

            return _known.Term == term ? _known.Gate : null;
        }
    }
}
