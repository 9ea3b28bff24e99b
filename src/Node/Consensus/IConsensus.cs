using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus;

/// <summary>The one port to agreement: propose a change, confirm leadership, wait for what was applied, tell the status.</summary>
public interface IConsensus : ILeadership
{
    /// <summary>This node's view of the cluster, now. Cheap; made anew for each call.</summary>
    ConsensusStatus Status { get; }

    /// <summary>The part of <see cref="Status"/> that every answer carries. Asked for by each request: an implementation may keep it.</summary>
    Standing Standing
    {
        get
        {
            var status = Status;
            return new Standing(status.Role, status.Leader, status.Term);
        }
    }

    /// <summary>What it has to say of itself to who measures, now. Made anew for each call; it may read from the log.</summary>
    ConsensusFigures Figures => ConsensusFigures.None;

    /// <summary>
    /// The term in which this node leads and has committed; 0 when it does not lead. Nobody leads a term twice, so who
    /// sees the same term again knows that nobody else led in between.
    /// </summary>
    long LedTerm { get; }

    /// <summary>
    /// On a leader, the other voters whose disks are low, when so many are that those with room are no majority: then a write
    /// that grows would end in a cluster that commits nothing. Empty otherwise.
    /// </summary>
    IReadOnlyList<MemberStatus> VotersWithoutRoom => [];

    /// <summary>
    /// Proposes one transaction on this node, which must be the leader. It shares its log entry with whatever else
    /// waits at that moment.
    /// </summary>
    /// <param name="transaction">The transaction as <see cref="EntryCodec"/> encodes it; must stay unchanged until the call ends.</param>
    /// <param name="durability">When the answer may be given.</param>
    /// <param name="patience">Cancelled when the caller waits no longer: the answer is then <see cref="Proposal.Unknown"/> unless nothing was proposed yet.</param>
    /// <param name="held">Whether it waits for others of its caller, until <see cref="ProposeHeld"/>, so that they share an entry.</param>
    /// <returns>One of three honest answers: done, refused, unknown. Never throws for what the cluster does.</returns>
    ValueTask<Proposal> ProposeAsync(
        ReadOnlyMemory<byte> transaction, Durability durability, CancellationToken patience, bool held = false);

    /// <summary>Proposes what is held. Another's proposal may have taken it along before.</summary>
    void ProposeHeld();

    /// <summary>
    /// Proves with a round to a majority, begun after this call, that this cluster's leader (this node, or the one a
    /// follower asks) leads now. All callers who wait at the same moment share a round.
    /// </summary>
    /// <returns>
    /// The log index that a linearizable read must wait for, and when the proof began on this node's monotonic clock;
    /// null when no leader could be confirmed within the patience.
    /// </returns>
    ValueTask<Confirmation?> ConfirmLeadershipAsync(CancellationToken patience);

    /// <summary>Waits until the entry at <paramref name="index"/> is applied here.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    ValueTask WaitForAppliedAsync(long index, CancellationToken patience);

    /// <summary>Waits until <paramref name="revision"/> is applied here.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    ValueTask WaitForRevisionAsync(long revision, CancellationToken patience);

    /// <summary>Waits until some node, this one or another, is known to lead and to have committed in its own term as far as this node can tell.</summary>
    /// <returns>The leader.</returns>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    ValueTask<Member> WaitForLeaderAsync(CancellationToken patience);

    /// <summary>Changes who the members are, on this node, which must be the leader.</summary>
    /// <param name="change">What is asked for.</param>
    /// <param name="patience">Cancelled when the caller waits no longer: the answer is then unknown unless nothing was proposed yet.</param>
    /// <returns>Done, refused with the reason, or unknown. Never throws for what the cluster does.</returns>
    ValueTask<MembershipAnswer> ChangeMembersAsync(MemberChange change, CancellationToken patience);

    /// <summary>Waits until <see cref="LedTerm"/> is another than <paramref name="known"/>.</summary>
    /// <returns>What it is then.</returns>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    ValueTask<long> WaitForLedTermAsync(long known, CancellationToken patience);

    /// <summary>
    /// Whether this node leads, or is about to: elected, it must commit something of its own term before it may answer
    /// anybody. Waits for that.
    /// </summary>
    ValueTask<bool> LeadsSoonAsync(CancellationToken patience) => ValueTask.FromResult(false);

    /// <summary>Waits until another than <paramref name="known"/> leads, or nobody does, but not longer than <paramref name="limit"/>.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    ValueTask WaitForChangeAsync(Member? known, TimeSpan limit, CancellationToken patience);

    /// <summary>
    /// Hands the leadership over, if this node has it and another node can take it, and waits until that one leads.
    /// </summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    ValueTask ResignAsync(CancellationToken patience);

    /// <summary>The rows can't be read or written any more: ends the process, with what the next start must know on the disk.</summary>
    /// <param name="failed">What happened.</param>
    void Fail(StorageException failed) => FailStop.Now(StorageFaults.ExitCodeOf(failed.Fault), failed.Message);
}

/// <summary>When a write is answered.</summary>
public enum Durability : byte
{
    /// <summary>A majority of the voters has it on disk, and it is applied here (the default).</summary>
    Quorum = 0,

    /// <summary>Every voter has it on disk.</summary>
    All = 1,

    /// <summary>The leader has it on disk: answered before it is committed, and may be lost.</summary>
    Leader = 2,
}

/// <summary>A proof of leadership.</summary>
/// <param name="Index">A read that waits for this index sees every write that was acknowledged before the proof began.</param>
/// <param name="BegunAt">When the proof began: a <see cref="TimeProvider.GetTimestamp"/> of this node.</param>
public readonly record struct Confirmation(long Index, long BegunAt);

/// <summary>The three honest answers to a proposal.</summary>
public abstract record Proposal
{
    private Proposal()
    {
    }

    /// <summary>Committed and applied.</summary>
    /// <param name="Outcome">What it did.</param>
    /// <param name="Index">Its entry's index.</param>
    /// <param name="Term">Its entry's term.</param>
    /// <param name="OnEveryVoter">Whether <see cref="Durability.All"/> was asked for and not reached in time: then false.</param>
    public sealed record Done(Outcome Outcome, long Index, long Term, bool OnEveryVoter = true) : Proposal;

    /// <summary>On the leader's disk and on its way (<see cref="Durability.Leader"/> only).</summary>
    /// <param name="Index">Its entry's index, if it stays.</param>
    /// <param name="Term">Its entry's term.</param>
    public sealed record Accepted(long Index, long Term) : Proposal;

    /// <summary>Refused: this node does not lead. Nothing was appended.</summary>
    public sealed record NotLeader : Proposal;

    /// <summary>Refused: too much waits already. Nothing was appended.</summary>
    public sealed record Overloaded : Proposal;

    /// <summary>Refused: not all members can apply it yet. Nothing was appended.</summary>
    /// <param name="Needed">The state version that it needs.</param>
    /// <param name="Current">The cluster's.</param>
    public sealed record TooNew(int Needed, int Current) : Proposal;

    /// <summary>Nobody can say: it may be in some logs and may yet be committed, or not.</summary>
    /// <param name="Why">What cut the answer off, in a few words.</param>
    public sealed record Unknown(string Why) : Proposal;
}
