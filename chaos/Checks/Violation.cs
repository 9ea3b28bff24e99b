using RaftCluster.Chaos.History;

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

    /// <summary>Every key behaves as if each operation happened at one moment between its question and its answer.</summary>
    Linearizable,

    /// <summary>A session reads its own writes and never goes back, on whatever node.</summary>
    SessionsGoForward,

    /// <summary>A picture at a revision shows exactly what was written up to it.</summary>
    PicturesAreWhole,

    /// <summary>A term has one leader at most.</summary>
    OneLeaderATerm,

    /// <summary>What is sent again under the same name is done once.</summary>
    ExactlyOnce,

    /// <summary>A transaction is done as a whole or not at all.</summary>
    TransactionsAreAtomic,

    /// <summary>Lists hold what was appended, once, in one order.</summary>
    AppendsAreKept,

    /// <summary>Nobody writes under a lock that another has taken since.</summary>
    LocksExclude,

    /// <summary>A lease lasts at least as long as it was asked for, and ends in time.</summary>
    LeasesLast,

    /// <summary>The change feed is the history, whole, in order, without a gap.</summary>
    TheFeedIsTheLog,

    /// <summary>A node whose disk fails ends.</summary>
    NodesFailStop,

    /// <summary>A backup that a node sent to its end can be restored.</summary>
    BackupsRestore,

    /// <summary>Writes and reads go on in time once a majority can.</summary>
    RecoveryIsBounded,
}

/// <summary>A promise that was broken.</summary>
/// <param name="Promise">Which.</param>
/// <param name="Subject">A key, a revision, a node: whatever it was broken for.</param>
/// <param name="Expected">What should have been.</param>
/// <param name="Found">What was.</param>
internal sealed record Violation(Promise Promise, string Subject, string Expected, string Found)
{
    /// <summary>The operations that show it, as few as they can be; empty when it shows elsewhere.</summary>
    public IReadOnlyList<Operation> Evidence { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{Promise}: {Subject}: expected {Expected}, found {Found}";
}
