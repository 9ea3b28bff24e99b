using System.Net;
using DotNext.IO;
using DotNext.Net.Cluster;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.Node.Diagnosis;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>A member of the cluster as the library calls it: this node itself, or another one behind a link.</summary>
internal sealed class PeerMember(
    Member member, IPeerLink? link, Func<long> currentTerm, Func<StateAt> state, ConsensusOptions options, TimeProvider time)
    : IRaftClusterMember, IDisposable
{
    private readonly bool _remote = link is not null;
    private readonly Lock _matching = new();
    private IRaftClusterMember.ReplicationState _state;
    private RaftNode? _node;
    private long _matchTerm;
    private long _matchIndex;
    private (long Term, long Index) _feeding;
    private readonly Action<TimeSpan>? _roundTripTook = link is null ? null : options.Measures.RoundTripsOf?.Invoke(member.Id);
    private long _contactAt;
    private PeerRoom? _room;
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

    /// <summary>Told each vote that this member gives to this node, before the library counts it: the term, and its name.</summary>
    public Action<long, string>? Granted { get; init; }

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

    /// <summary>The free bytes of its disk, and whether that is less than its reserve, as it said last; null when it did not.</summary>
    public PeerRoom? Room => Volatile.Read(ref _room);

    /// <summary>How long it took to answer signs of life.</summary>
    public LatencyWindow RoundTrips { get; } = new();

    public void Attach(RaftNode to) => _node = to;

    public void Contacted() => Volatile.Write(ref _contactAt, time.GetTimestamp());

    async Task<Result<bool>> IRaftClusterMember.VoteAsync(long term, long lastLogIndex, long lastLogTerm, CancellationToken token)
    {
        var vote = _remote
            ? await VoteAsync(new VoteRequest(Election.KindIn(term), term, lastLogIndex, lastLogTerm), token).ConfigureAwait(false)
            : new Result<bool> { Term = term, Value = Election.VoteForSelf(term) };
        if (vote.Value)
        {
            Granted?.Invoke(term, member.Id);
        }

        return vote;
    }

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

    /// <summary>The library lets go of a member that has no vote any more; it may still be a learner, and is closed by its owner.</summary>
    void IDisposable.Dispose()
    {
    }

    /// <summary>Lets go of the connections.</summary>
    public void Close()
    {
        Snapshots?.Dispose();
        link?.Dispose();
    }

    /// <summary>
    /// Sends a member that the library does not know, a learner, what it lacks up to an entry, or a sign of life. Only
    /// committed entries go this way.
    /// </summary>
    /// <param name="term">The term in which this node leads.</param>
    /// <param name="log">This node's log.</param>
    /// <param name="committed">Up to where.</param>
    /// <param name="token">Ends it.</param>
    /// <returns>The member's term, and how far it is.</returns>
    /// <exception cref="MemberUnavailableException">It gave no answer, or this node leads no more.</exception>
    public async Task<(long Term, Fed Fed)> FeedAsync(long term, IRaftLog log, long committed, CancellationToken token)
    {
        var previous = _feeding.Term == term ? _feeding.Index : committed;
        var floor = log.FirstIndex - 1;
        if (previous < floor || log.TermAt(previous) is not { } previousTerm)
        {
            if (log.TermAt(floor) is not { } floorTerm)
            {
                return (term, Fed.Part); // Cut further between the two questions.
            }

            var behind = await GoBehindAsync(term, floor, floorTerm, token).ConfigureAwait(false);
            var hasFloor = behind.Value == HeartbeatResult.Replicated;
            _feeding = (term, hasFloor ? floor : floor - 1);
            return (behind.Term, hasFloor ? Fed.Part : Fed.Waits);
        }

        var last = Math.Max(previous, committed);
        var sent = await SendAsync(term, new EntryRange(log, previous + 1, last), previous, previousTerm, committed, token).ConfigureAwait(false);
        var taken = sent.Value.Result is HeartbeatResult.Replicated or HeartbeatResult.ReplicatedWithLeaderTerm;
        _feeding = (term, taken ? last : Math.Max(0, Math.Min(previous - 1, sent.Value.LastIndex)));
        return (sent.Term, taken ? Fed.All : Fed.Part);
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
        var reply = await AppendAsync(request, token).ConfigureAwait(false);
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
            var reply = await AppendAsync(request, token).ConfigureAwait(false);
            if (reply.Answer is (byte)HeartbeatResult.Rejected or (byte)HeartbeatResult.UnsupportedVersion)
            {
#if CHAOS
                if (StateMachine.Mutant.Is(StateMachine.Mutant.CountSnapshot) && reply.Term <= term && range.Log.TermAt(reply.LastIndex) is null)
                {
                    // QuorumRules, which goes by matches, would put the library's count right: these lie, too.
                    Snapshots!.Need(term);
                    RaiseMatch(term, range.Last);
                    return Reply(term, HeartbeatResult.ReplicatedWithLeaderTerm, range.Last);
                }

#endif
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

    private async Task<AppendReply> AppendAsync(AppendRequest request, CancellationToken token)
    {
        var begun = time.GetTimestamp();
        var reply = await AskAsync(link!.AppendAsync, request, token).ConfigureAwait(false);
        if (request.Entries.Count == 0)
        {
            var took = time.GetElapsedTime(begun);
            RoundTrips.Add(took);
            _roundTripTook?.Invoke(took);
        }

        if (reply.Free >= 0 && (_room is not { } known || known.Free != reply.Free || known.IsLow != reply.IsLow))
        {
            Volatile.Write(ref _room, new PeerRoom(reply.Free, reply.IsLow));
        }

        return reply;
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
        // A learner that gets a vote is fed by two for a moment.
        lock (_matching)
        {
            if (_matchTerm != term)
            {
                // Index first: a reader of the new term must not see the old term's index.
                Volatile.Write(ref _matchIndex, 0);
                Volatile.Write(ref _matchTerm, term);
            }

            if (index <= _matchIndex)
            {
                return;
            }

            Volatile.Write(ref _matchIndex, index);
        }

        Matched?.Invoke();
    }

    private void ForgetMatch(long term)
    {
        lock (_matching)
        {
            if (_matchTerm == term)
            {
                Volatile.Write(ref _matchIndex, 0);
            }
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

/// <summary>How far a learner is after a request.</summary>
internal enum Fed : byte
{
    /// <summary>It has all that was to be sent.</summary>
    All,

    /// <summary>It lacks something that the next request will bring.</summary>
    Part,

    /// <summary>It waits for a snapshot.</summary>
    Waits,
}
