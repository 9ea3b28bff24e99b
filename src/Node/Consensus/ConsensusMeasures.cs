using RaftCluster.Node.Diagnosis;

namespace RaftCluster.Node.Consensus;

/// <summary>
/// What agreement counts as it goes, and whom it tells how long things took. Counting costs an addition; nobody is told
/// more often than once an entry.
/// </summary>
public sealed class ConsensusMeasures
{
    /// <summary>Told, on a leader, how long an entry took from its place in the log to its commit.</summary>
    public Action<TimeSpan>? CommitTook { get; init; }

    /// <summary>Told how long an entry took to be applied.</summary>
    public Action<TimeSpan>? ApplyTook { get; init; }

    /// <summary>Makes whom to tell how long a member, named by its id, took to answer a sign of life.</summary>
    public Func<string, Action<TimeSpan>>? RoundTripsOf { get; init; }

    /// <summary>Told how long a snapshot took from its beginning to its installation by the receiver.</summary>
    public Action<TimeSpan>? SnapshotTook { get; init; }

    /// <summary>Proposals by how they ended, in the order of <see cref="ProposalEnd"/>.</summary>
    public IReadOnlyList<Tally> Proposals { get; } = [.. Enum.GetValues<ProposalEnd>().Select(_ => new Tally())];

    /// <summary>How often another member than before came to lead, as this node saw it.</summary>
    public Tally LeaderChanges { get; } = new();

    /// <summary>How often this node stood for election.</summary>
    public Tally Elections { get; } = new();

    /// <summary>How often its rows were brought to disk and its log cut behind them.</summary>
    public Tally SnapshotsTaken { get; } = new();

    /// <summary>Snapshots that another node has installed from here.</summary>
    public Tally SnapshotsSent { get; } = new();

    /// <summary>Snapshots for another node that broke off; each goes on where it ended.</summary>
    public Tally SnapshotsBroken { get; } = new();

    /// <summary>Bytes of snapshots that were sent.</summary>
    public Tally SnapshotBytesSent { get; } = new();

    /// <summary>Snapshots that were installed here.</summary>
    public Tally SnapshotsInstalled { get; } = new();

    /// <summary>Snapshots that came whole and were not fit to be installed.</summary>
    public Tally SnapshotsUnfit { get; } = new();

    /// <summary>How often the state hash was compared with the leader's at the same entry, and was the same.</summary>
    public Tally StatesCompared { get; } = new();

    internal void Ended(Proposal answer) => Proposals[(int)EndOf(answer)].Add();

    private static ProposalEnd EndOf(Proposal answer) => answer switch
    {
        Proposal.Done => ProposalEnd.Done,
        Proposal.Accepted => ProposalEnd.Accepted,
        Proposal.NotLeader => ProposalEnd.NotLeader,
        Proposal.Overloaded => ProposalEnd.Overloaded,
        Proposal.TooNew => ProposalEnd.TooNew,
        Proposal.Unknown => ProposalEnd.Unknown,
        _ => throw new StateMachine.InvariantException($"a proposal has no answer like {answer}"),
    };
}

/// <summary>How a proposal ended, as <see cref="Proposal"/> says it.</summary>
public enum ProposalEnd
{
    /// <summary>Committed and applied.</summary>
    Done,

    /// <summary>On the leader's disk, and answered before it was committed.</summary>
    Accepted,

    /// <summary>Refused: this node does not lead.</summary>
    NotLeader,

    /// <summary>Refused: too much waited.</summary>
    Overloaded,

    /// <summary>Refused: not all members can apply it yet.</summary>
    TooNew,

    /// <summary>Nobody can say.</summary>
    Unknown,
}

/// <summary>What agreement has to say of itself at one moment, beside its <see cref="ConsensusStatus"/>, to who measures.</summary>
public sealed record ConsensusFigures
{
    /// <summary>Nothing.</summary>
    public static ConsensusFigures None { get; } = new();

    /// <summary>The last index that is on this node's disk.</summary>
    public long SyncedIndex { get; init; }

    /// <summary>What the log's records take on the disk, in bytes.</summary>
    public long LogBytes { get; init; }

    /// <summary>Proposals that are not in an entry yet.</summary>
    public int ProposalsWaiting { get; init; }

    /// <summary>Their bytes.</summary>
    public long BytesWaiting { get; init; }

    /// <summary>On a leader, how far the others are behind; otherwise empty.</summary>
    public IReadOnlyList<FollowerLag> Lags { get; init; } = [];

    /// <summary>On a leader, how many voters it is in contact with, itself among them; otherwise null.</summary>
    public int? VotersInContact { get; init; }

    /// <summary>
    /// The index of the newest entry that all nodes tell their state hash of: a multiple of <see cref="StateCheckEvery"/>; 0 for none yet.
    /// </summary>
    public long StateCheckIndex { get; init; }

    /// <summary>The upper 48 bits of the state hash after that entry.</summary>
    public long StateCheckHash { get; init; }

    /// <summary>After each so many entries there is one whose state hash is told.</summary>
    public const int StateCheckEvery = 1024;
}

/// <summary>How far a member's disk is behind its leader's log.</summary>
/// <param name="Member">The member's id.</param>
/// <param name="Entries">How many entries it lacks.</param>
/// <param name="Bytes">What their records take.</param>
/// <param name="Age">How long ago the first of them was made; nothing when it lacks none.</param>
public sealed record FollowerLag(string Member, long Entries, long Bytes, TimeSpan Age);
