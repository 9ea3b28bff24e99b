using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// Compares this node's state hash with the leader's at the same entry. What is committed is the same everywhere, so rows
/// that differ mean broken code, memory or disk, at one of the two: this one stops rather than serve them.
/// </summary>
internal sealed class StateComparison(Func<AppliedPosition> applied, ConsensusMeasures measures, Action<int, string> stop)
{
    private const int Remembered = 4096;

    private readonly Lock _gate = new();
    private readonly StateAt[] _states = new StateAt[Remembered];
    private (string Leader, StateAt State) _claim = ("", default);

    /// <summary>What this node's rows are now: what it tells the others when it leads.</summary>
    public StateAt Now => applied() is { Index: > 0 } position ? new StateAt(position.Index, position.StateHash) : default;

    /// <summary>
    /// What the rows were after the newest entry whose index is a multiple of <see cref="ConsensusFigures.StateCheckEvery"/>: what
    /// all nodes tell of is the same. Nothing when this node did not apply that entry since its start.
    /// </summary>
    public StateAt Told
    {
        get
        {
            var index = applied().Index / ConsensusFigures.StateCheckEvery * ConsensusFigures.StateCheckEvery;
            lock (_gate)
            {
                var state = _states[index % Remembered];
                return state.Index == index ? state : default;
            }
        }
    }

    /// <summary>This node applied an entry.</summary>
    public void Applied(in AppliedPosition position)
    {
        lock (_gate)
        {
            var mine = new StateAt(position.Index, position.StateHash);
            _states[position.Index % Remembered] = mine;
            if (_claim.State.Index == position.Index)
            {
                Compare(_claim.Leader, _claim.State, mine);
            }
        }
    }

    /// <summary>A leader says what its rows were.</summary>
    public void Claimed(string leader, in StateAt theirs)
    {
        if (theirs.Index == 0)
        {
            return;
        }

        lock (_gate)
        {
            var mine = _states[theirs.Index % Remembered];
            mine = mine.Index == theirs.Index ? mine : Now; // Where it stood at its start, or by a snapshot.
            if (mine.Index == theirs.Index)
            {
                Compare(leader, theirs, mine);
            }
            else if (theirs.Index > applied().Index && applied().Index >= _claim.State.Index)
            {
                // Compared when this node comes to it; until then later claims can wait for a later round.
                _claim = (leader, theirs);
            }
        }
    }

    private void Compare(string leader, in StateAt theirs, in StateAt mine)
    {
        if (theirs.Hash == mine.Hash)
        {
            measures.StatesCompared.Add();
        }
        else
        {
            stop(
                ExitCode.Corrupt,
                $"after entry {mine.Index} this node's rows have the state hash {mine.Hash:x32}, and those of the leader {leader} "
                + $"{theirs.Hash:x32}: one of the two replicas is wrong, and this one stops; compare with a third node's "
                + "state hash, and start the wrong one with --rebuild");
        }
    }
}
