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
    private volatile bool _isLastResort;

    /// <summary>Who decides.</summary>
    public FailoverMode Mode => mode;

    /// <summary>Whether it leaves leading to the others, for maintenance.</summary>
    public bool IsDrained
    {
        get => _isDrained;
        set => _isDrained = value;
    }

    /// <summary>
    /// Whether nobody has led for so long that this node stands though it is drained: the others can't lead, perhaps since they
    /// lack what only this one and a lost one have, and no write would go on until somebody came to look.
    /// </summary>
    public bool IsLastResort
    {
        get => _isLastResort;
        set => _isLastResort = value;
    }

    /// <summary>Whether it may vote: not when it has forgotten what it acknowledged.</summary>
    public bool MayVote => isRebuilt();

    /// <summary>Why it may not stand whoever asks; null when it may.</summary>
    /// <remarks>A drained node refuses, be it the last resort or not: who asks is a leader that can go on, or an operator that can undrain it.</remarks>
    public string? Refusal => Lack ?? (_isDrained ? "is drained" : null);

    private string? Lack => !hasVote() ? "has no vote" : !isRebuilt() ? "is being rebuilt from the others" : null;

    /// <summary>Whether it may stand in the term after this one.</summary>
    public bool MayStand(long term) =>
        Lack is null && (!_isDrained || _isLastResort) && (mode == FailoverMode.Automatic || IsOrdered(term) || IsCalled(term));

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
