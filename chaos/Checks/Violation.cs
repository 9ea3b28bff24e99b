namespace RaftCluster.Chaos.Checks;

/// <summary>What a broken promise is called.</summary>
internal enum Promise
{
    /// <summary>An acknowledged write is there.</summary>
    NothingAcknowledgedIsLost,

    /// <summary>What was refused, or never written, is not there.</summary>
    NothingComesFromNowhere,

    /// <summary>A revision is given once, and later writes have higher ones.</summary>
    RevisionsAreOneHistory,

    /// <summary>An acknowledged write is on a majority of disks.</summary>
    CommittedMeansOnAMajorityOfDisks,

    /// <summary>Nodes hold the same log and the same state.</summary>
    NodesAreEqual,

    /// <summary>A node that lost its power comes back.</summary>
    NodesRecover,

    /// <summary>Every answer to a write says what became of it.</summary>
    AnswersAreHonest,
}

/// <summary>A promise that was broken.</summary>
/// <param name="Promise">Which.</param>
/// <param name="Subject">A key, a revision, a node: whatever it was broken for.</param>
/// <param name="Expected">What should have been.</param>
/// <param name="Found">What was.</param>
internal sealed record Violation(Promise Promise, string Subject, string Expected, string Found)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Promise}: {Subject}: expected {Expected}, found {Found}";
}
