using System.Net;
using DotNext.IO;
using DotNext.Net.Cluster;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>A member of the cluster as the library calls it: this node itself, or another one behind a link.</summary>
internal sealed class PeerMember(
    Member member, IPeerLink? link, Func<long> currentTerm, Func<StateAt> state, ConsensusOptions options, TimeProvider time)
    : IRaftClusterMember, IDisposable
{
    private readonly bool _remote = link is not null;
    private IRaftClusterMember.ReplicationState _state;
    private RaftNode? _node;
    private long _matchTerm;
    private long _matchIndex;
    private long _contactAt;
    private ClusterMemberStatus _status = link is not null ? ClusterMemberStatus.Unknown : ClusterMemberStatus.Available;

    /// <inheritdoc/>
    public event Action<ClusterMemberStatusChangedEventArgs>? MemberStatusChanged;

    public Member Member => member;

    /// <summary>The way there; null for this node itself.</summary>
    public IPeerLink? Link => link;

    /// <summary>Whether this node may stand, and how far its election is.</summary>
    public required Election Election { get; init; }

    /// <summary>Sends it snapshots; null for this node itself.</summary>
    public SnapshotSender? Snapshots { get; init; }

    /// <summary>Says that more of this node's log is known to be on this member's disk: its new match index.</summary>
    public event Action? Matched;

    public EndPoint EndPoint => member.Peer;

    public bool IsRemote => _remote;

    public bool IsLeader => _node?.Leader == this;

    public ClusterMemberStatus Status => _status;

    ref IRaftClusterMember.ReplicationState IRaftClusterMember.State => ref _state;

    /// <summary>Time since it last answered; null for never.</summary>
    public TimeSpan? LastContact
    {
        get
        {
            var at = Volatile.Read(ref _contactAt);
            return at == 0 ? null : time.GetElapsedTime(at);
        }
    }

    /// <summary>The last index that this member is known to have on its disk, in a leader's term; 0 when that is not known.</summary>
    public long MatchIndex(long term) => Volatile.Read(ref _matchTerm) == term ? Volatile.Read(ref _matchIndex) : 0;

    public void Attach(RaftNode to) => _node = to;

    public void Contacted() => Volatile.Write(ref _contactAt, time.GetTimestamp());

    Task<Result<bool>> IRaftClusterMember.VoteAsync(long term, long lastLogIndex, long lastLogTerm, CancellationToken token) =>
        _remote
            ? VoteAsync(new VoteRequest(Election.KindIn(term), term, lastLogIndex, lastLogTerm), token)
            : Task.FromResult(new Result<bool> { Term = term, Value = Election.VoteForSelf(term) });

    Task<Result<PreVoteResult>> IRaftClusterMember.PreVoteAsync(long term, long lastLogIndex, long lastLogTerm, CancellationToken token) =>
        !Election.MayStand(term) ? Task.FromResult(new Result<PreVoteResult> { Term = term, Value = PreVoteResult.RejectedByLeader })
        : Election.IsHandedOver(term) ? Task.FromResult(new Result<PreVoteResult> { Term = term, Value = PreVoteResult.Accepted })
        : _remote ? PreVoteAsync(new VoteRequest(VoteKind.Before, term, lastLogIndex, lastLogTerm), token)
        : Task.FromResult(new Result<PreVoteResult> { Term = term, Value = Election.AgreeWithSelf(term) });

    Task<Result<ReplicationStatus>> IRaftClusterMember.AppendEntriesAsync<TEntry, TList>(
        long term, TList entries, long prevLogIndex, long prevLogTerm, long commitIndex, CancellationToken token)
    {
        Invariant.Holds(entries is EntryRange, "entries to send come from this project's log");
        var range = (EntryRange)(object)entries;
        return _remote
            ? SendAsync(term, range, prevLogIndex, prevLogTerm, commitIndex, token)
            : Task.FromResult(Reply(term, HeartbeatResult.ReplicatedWithLeaderTerm, range.Last));
    }

    Task<Result<HeartbeatResult>> IRaftClusterMember.InstallSnapshotAsync(
        long term, IRaftLogEntry snapshot, long snapshotIndex, IDataTransferObject configuration, long configurationVersion, CancellationToken token) =>
        GoBehindAsync(term, snapshotIndex, snapshot.Term, token);

    Task<long?> IRaftClusterMember.SynchronizeAsync(long commitIndex, CancellationToken token) => Task.FromResult<long?>(null);

    ValueTask IRaftClusterMember.CancelPendingRequestsAsync() => ValueTask.CompletedTask;

    ValueTask<IReadOnlyDictionary<string, string>> IClusterMember.GetMetadataAsync(bool refresh, CancellationToken token) =>
        ValueTask.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());

    Task<bool> IClusterMember.ResignAsync(CancellationToken token) =>
        _remote || _node is null ? Task.FromResult(false) : _node.OnResignAsync(token).AsTask();

    public void Dispose()
    {
        Snapshots?.Dispose();
        link?.Dispose();
    }

    private async Task<Result<bool>> VoteAsync(VoteRequest request, CancellationToken token)
    {
        var reply = await AskVoterAsync(request, token).ConfigureAwait(false);
        return new Result<bool> { Term = reply.Term, Value = reply.Answer == (byte)PreVoteResult.Accepted };
    }

    private async Task<Result<PreVoteResult>> PreVoteAsync(VoteRequest request, CancellationToken token)
    {
        var reply = await AskVoterAsync(request, token).ConfigureAwait(false);
        return new Result<PreVoteResult> { Term = reply.Term, Value = (PreVoteResult)reply.Answer };
    }

    private async Task<VoteReply> AskVoterAsync(VoteRequest request, CancellationToken token)
    {
        var (answered, reply) = await Election.Polls.AskAsync(
            request.Kind == VoteKind.Before, request.Term, member.Id,
            () => AskAsync(link!.VoteAsync, request, token),
            static reply => reply.Answer == (byte)PreVoteResult.Accepted).ConfigureAwait(false);
        return answered ? reply : throw new MemberUnavailableException(this, "the others have decided");
    }

    /// <summary>
    /// The next entry that the member lacks is not in this node's log any more. The round is a sign of life to it then,
    /// and asks whether it has the log's first entry's predecessor by now; if not, a snapshot is sent beside the rounds.
    /// Never an acknowledgement: at best the library's "replicated, but nothing of this term", which commits nothing.
    /// </summary>
    private async Task<Result<HeartbeatResult>> GoBehindAsync(long term, long index, long indexTerm, CancellationToken token)
    {
        ThrowIfDeposed(term);
        var request = new AppendRequest(term, index, indexTerm, index, state(), []);
        var reply = await AskAsync(link!.AppendAsync, request, token).ConfigureAwait(false);
        var result = (HeartbeatResult)reply.Answer;
        if (result is HeartbeatResult.Replicated or HeartbeatResult.ReplicatedWithLeaderTerm)
        {
            RaiseMatch(term, index);
            result = HeartbeatResult.Replicated;
        }
        else if (reply.Term <= term)
        {
            ForgetMatch(term);
            Snapshots!.Need(term);
#if CHAOS
            if (StateMachine.Mutant.Is(StateMachine.Mutant.CountSnapshot))
            {
                result = HeartbeatResult.ReplicatedWithLeaderTerm;
            }
#endif
        }

        return new Result<HeartbeatResult> { Term = reply.Term, Value = result };
    }

    /// <summary>
    /// Sends a round's entries in chunks, each under its own time limit, and reports success only when all of them
    /// arrived: the library takes the answers of a round for equal.
    /// </summary>
    private async Task<Result<ReplicationStatus>> SendAsync(
        long term, EntryRange range, long previousIndex, long previousTerm, long committed, CancellationToken token)
    {
        // What arrived in this term stays there: a round that was cut off goes on where it ended.
        var known = MatchIndex(term);
        if (known > previousIndex && known <= range.Last && range.Log.TermAt(known) is { } knownTerm)
        {
            (previousIndex, previousTerm) = (known, knownTerm);
        }

        for (var goneBack = false; ;)
        {
            var first = previousIndex + 1;
            var entries = first <= range.Last ? range.Log.Read(first, range.Last, options.MaximumChunkBytes) : [];
            // After the reading: what was just read may be a newer leader's, and must not be sent in the old term's name.
            ThrowIfDeposed(term);
            if (entries.Count == 0 && first <= range.Last)
            {
                // Cut since the round began, or before it was resumed here: the next round finds that out by itself.
                return Reply(term, HeartbeatResult.Rejected, previousIndex);
            }

            var request = new AppendRequest(term, previousIndex, previousTerm, committed, state(), entries);
            var reply = await AskAsync(link!.AppendAsync, request, token).ConfigureAwait(false);
            if (reply.Answer is (byte)HeartbeatResult.Rejected or (byte)HeartbeatResult.UnsupportedVersion)
            {
                // It has less than it had: its disk was lost or set aside since.
                ForgetMatch(term);
                if (!goneBack && reply.Term <= term && reply.LastIndex < previousIndex && range.Log.TermAt(reply.LastIndex) is { } lastTerm)
                {
                    // It only lacks entries, as every follower lacks a new leader's first one: to tell the library so would
                    // end the round, the next of which is a heartbeat away, or as far as a member that hangs.
                    (previousIndex, previousTerm, goneBack) = (reply.LastIndex, lastTerm, true);
                    continue;
                }

                return Reply(reply.Term, (HeartbeatResult)reply.Answer, reply.LastIndex);
            }

            if (entries.Count > 0)
            {
                (previousIndex, previousTerm) = (entries[^1].Index, entries[^1].Term);
            }

            RaiseMatch(term, previousIndex);
            if (previousIndex >= range.Last)
            {
                // Judged by our own log: the library's test of it remembers an earlier request's result.
                var result = previousTerm == term ? HeartbeatResult.ReplicatedWithLeaderTerm : HeartbeatResult.Replicated;
                return Reply(reply.Term, result, previousIndex);
            }
        }
    }

    private void ThrowIfDeposed(long term)
    {
        if (currentTerm() != term)
        {
            throw new MemberUnavailableException(this, "this node leads no more");
        }
    }

    private void RaiseMatch(long term, long index)
    {
        if (Volatile.Read(ref _matchTerm) != term)
        {
            // Index first: a reader of the new term must not see the old term's index.
            Volatile.Write(ref _matchIndex, 0);
            Volatile.Write(ref _matchTerm, term);
        }

        if (index > _matchIndex)
        {
            Volatile.Write(ref _matchIndex, index);
            Matched?.Invoke();
        }
    }

    private void ForgetMatch(long term)
    {
        if (Volatile.Read(ref _matchTerm) == term)
        {
            Volatile.Write(ref _matchIndex, 0);
        }
    }

    private async Task<TReply> AskAsync<TRequest, TReply>(
        Func<TRequest, CancellationToken, ValueTask<TReply>> ask, TRequest request, CancellationToken token)
    {
        try
        {
            var reply = await ask(request, token).ConfigureAwait(false);
            Contacted();
            Become(ClusterMemberStatus.Available);
            return reply;
        }
        catch (PeerUnavailableException lost)
        {
            Become(ClusterMemberStatus.Unavailable);
            throw new MemberUnavailableException(this, lost.Message, lost);
        }
    }

    private void Become(ClusterMemberStatus now)
    {
        var before = _status;
        _status = now;
        if (before != now)
        {
            MemberStatusChanged?.Invoke(new ClusterMemberStatusChangedEventArgs<PeerMember>(this, before, now));
        }
    }

    private static Result<ReplicationStatus> Reply(long term, HeartbeatResult result, long lastIndex) => new()
    {
        Term = term,
        Value = new ReplicationStatus { Result = result, LastIndex = lastIndex },
    };
}
