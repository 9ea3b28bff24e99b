namespace RaftCluster.Node.Consensus.Elections;

/// <summary>Who decides that a node stands for election.</summary>
public enum FailoverMode : byte
{
    /// <summary>The node itself, when its leader is gone (the default).</summary>
    Automatic = 0,

    /// <summary>An operator, each time; or a leader that hands over.</summary>
    Manual = 1,
}

/// <summary>
/// Whether this node may stand for election, and on whose word. Its own rows, its drain and its mode can forbid it; a
/// leader's order and an operator's call count for the one term in which they were given.
/// </summary>
/// <param name="mode">Who decides.</param>
/// <param name="isRebuilt">Whether the node has what it once acknowledged.</param>
/// <param name="hasVote">Whether it is a voter, and no learner.</param>
/// <param name="time">The clock.</param>
internal sealed class Candidacy(FailoverMode mode, Func<bool> isRebuilt, Func<bool> hasVote, TimeProvider time)
{
    private long _orderedIn = -1;
    private long _calledIn = -1;
    private long _heldBackUntil;
    private volatile bool _isDrained;

    /// <summary>Who decides.</summary>
    public FailoverMode Mode => mode;

    /// <summary>Whether it leaves leading to the others, for maintenance.</summary>
    public bool IsDrained
    {
        get => _isDrained;
        set => _isDrained = value;
    }

    /// <summary>Whether it may vote: not when it has forgotten what it acknowledged.</summary>
    public bool MayVote => isRebuilt();

    /// <summary>Why it may not stand whoever asks; null when it may.</summary>
    public string? Refusal => !hasVote() ? "has no vote" : !isRebuilt() ? "is being rebuilt from the others" : _isDrained ? "is drained" : null;

    /// <summary>Whether it may stand in the term after this one.</summary>
    public bool MayStand(long term) =>
        Refusal is null && (mode == FailoverMode.Automatic || IsOrdered(term) || IsCalled(term));

    /// <summary>Whether another one stands, with this node's word that it would have its vote: two would split the votes.</summary>
    public bool IsHeldBack => time.GetTimestamp() < Volatile.Read(ref _heldBackUntil);

    /// <summary>The leader of a term hands over to this node.</summary>
    public void Order(long term) => Volatile.Write(ref _orderedIn, term);

    /// <summary>Whether the leader of this term handed over to this node: nobody need be asked beforehand.</summary>
    public bool IsOrdered(long term) => Volatile.Read(ref _orderedIn) == term;

    /// <summary>An operator wants this node to stand in the term after this one.</summary>
    public void Call(long term) => Volatile.Write(ref _calledIn, term);

    /// <summary>Whether an operator wants this node to stand in the term after this one, now.</summary>
    public bool IsCalled(long term) => Volatile.Read(ref _calledIn) == term;

    /// <summary>The operator's word counts no more.</summary>
    public void EndCall() => Volatile.Write(ref _calledIn, -1);

    /// <summary>Leaves the next election to another.</summary>
    public void HoldBack(TimeSpan atMost) => Volatile.Write(
        ref _heldBackUntil, time.GetTimestamp() + (long)(atMost.TotalSeconds * time.TimestampFrequency));
}
