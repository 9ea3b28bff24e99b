namespace RaftCluster.Node.Consistency;

/// <summary>How fresh a read must be.</summary>
public enum ReadConsistency : byte
{
    /// <summary>It sees every write that was acknowledged before it began, anywhere.</summary>
    Linearizable = 0,

    /// <summary>It sees at least what its session has seen.</summary>
    Session = 1,

    /// <summary>It sees every write that was acknowledged longer ago than a stated time.</summary>
    Bounded = 2,

    /// <summary>It sees what this node has.</summary>
    Local = 3,
}

/// <summary>What a reader asks for.</summary>
/// <param name="Consistency">How fresh the answer must be.</param>
/// <param name="SeenRevision">With <see cref="ReadConsistency.Session"/>: the last revision the session saw.</param>
/// <param name="MaxStaleness">With <see cref="ReadConsistency.Bounded"/>: how far behind the answer may be.</param>
public readonly record struct ReadTerms(ReadConsistency Consistency, long SeenRevision, TimeSpan MaxStaleness);

/// <summary>What the read gate said.</summary>
public enum Passage : byte
{
    /// <summary>The copy is fresh enough: a picture taken from now on may be shown.</summary>
    Open = 0,

    /// <summary>No leader could be confirmed within the patience.</summary>
    NoLeader = 1,

    /// <summary>A leader could be, but this copy did not catch up within the patience.</summary>
    NotCaughtUp = 2,
}
