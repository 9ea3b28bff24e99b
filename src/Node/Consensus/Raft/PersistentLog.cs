using System.Runtime.CompilerServices;
using System.Text;
using DotNext.IO.Log;
using DotNext.Net.Cluster;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.StateMachine;
using LogEntry = RaftCluster.Node.Consensus.Log.LogEntry;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>
/// Our log, term and vote in the shape the library asks for. <see cref="IPersistentState"/> has an internal setter
/// and can't be implemented outside its assembly, except by a subclass of its <see cref="WriteAheadLog"/> that
/// implements the interface again. Nothing of that base is used, so its constructor (files, threads) never runs.
/// </summary>
internal sealed class PersistentLog : WriteAheadLog, IPersistentState
{
    private Lock _termLock = null!;
    private IRaftLog _log = null!;
    private IVoteStore _votes = null!;
    private CommitProgress _progress = null!;
    private ConfigurationStore _configurations = null!;
    private QuorumRules _quorum = null!;
    private AsyncLocal<string?> _candidate = null!;
    private byte[] _self = [];
    private TaskCompletionSource _nextTerm = null!;
    private long _leaderTerm;

    private PersistentLog()
        : base(null!, null!)
    {
    }

    /// <summary>Wraps a log and a vote.</summary>
    public static PersistentLog Over(
        string self, IRaftLog log, IVoteStore votes, CommitProgress progress, ConfigurationStore configurations, QuorumRules quorum)
    {
        var shell = (PersistentLog)RuntimeHelpers.GetUninitializedObject(typeof(PersistentLog));
        shell._self = Encoding.UTF8.GetBytes(self);
        shell._candidate = new AsyncLocal<string?>();
        shell._configurations = configurations;
        shell._quorum = quorum;
        shell._termLock = new Lock();
        shell._log = log;
        shell._votes = votes;
        shell._progress = progress;
        shell._nextTerm = NewSource();
        return shell;
    }

    /// <summary>
    /// The last term this node was elected in. A proposal carries it, never the current term: between a newer term's
    /// arrival and the library's stepping down, the node still looks like a leader, but of the older term.
    /// </summary>
    public long LeaderTerm => Volatile.Read(ref _leaderTerm);

    /// <summary>The entry before the first one in the log: committed, since nothing else is ever cut or brought by a snapshot.</summary>
    public LogPlace Floor
    {
        get
        {
            while (true)
            {
                var floor = _log.FirstIndex - 1;
                if (_log.TermAt(floor) is { } term)
                {
                    return new LogPlace(floor, term);
                }

                // Cut further between the two questions.
            }
        }
    }

    /// <summary>
    /// Who asks for this node's vote, in the course of one call to the library. A vote is kept by the candidate's name: a
    /// node's address, by which the library knows it, may become another's.
    /// </summary>
    public string? Candidate
    {
        set => _candidate.Value = value;
    }

    /// <summary>Told that an election was won by the votes of a majority that is none by the newest configuration: it counts for nothing.</summary>
    public Action? Void { get; set; }

    /// <summary>Whether this node was elected in the current term: nobody else was.</summary>
    private bool IsElected => LeaderTerm > 0 && LeaderTerm == _votes.Term;

    /// <summary>Whether this node stands, or stood, for election in the current term.</summary>
    public bool VotedForSelf => _votes.VotedFor.Span.SequenceEqual(_self);

    /// <summary>Completes when this node's term is a later one than now.</summary>
    public Task NextTerm => Volatile.Read(ref _nextTerm).Task;

    long IPersistentState.Term => _votes.Term;

    int IPersistentState.Version => 0;

    /// <summary>Begins a term in which a node that is the whole cluster leads from the start.</summary>
    public void LeadAlone()
    {
        SaveTerm(_votes.Term + 1, _self);
        _leaderTerm = _votes.Term;
        _log.Append(_votes.Term, LogEntryKind.Empty, default);
    }

    long IAuditTrail.LastEntryIndex => _log.LastIndex;

    long IAuditTrail.LastCommittedEntryIndex => _progress.Committed;

    Task IAuditTrail.InitializeAsync(CancellationToken token) => Task.CompletedTask;

    bool IPersistentState.IsVotedFor(in ClusterMemberId id)
    {
        var vote = _votes.VotedFor.Span;
        return vote.IsEmpty || vote.SequenceEqual(CandidateName);
    }

    ValueTask<long> IPersistentState.IncrementTermAsync(ClusterMemberId member, CancellationToken token)
    {
        lock (_termLock)
        {
            SaveTerm(_votes.Term + 1, _self);
            return ValueTask.FromResult(_votes.Term);
        }
    }

    ValueTask IPersistentState.UpdateTermAsync(long term, bool resetLastVote, CancellationToken token)
    {
        RaiseTerm(term);
        return ValueTask.CompletedTask;
    }

    /// <summary>Another node is in a later term.</summary>
    public void RaiseTerm(long term)
    {
        lock (_termLock)
        {
            // A vote belongs to its term: it outlives neither a new term nor, unless asked, is it forgotten within one.
            if (term > _votes.Term)
            {
                SaveTerm(term, []);
            }
        }
    }

    ValueTask IPersistentState.UpdateVotedForAsync(ClusterMemberId member, CancellationToken token)
    {
        lock (_termLock)
        {
            var vote = _votes.VotedFor.Span;
            Invariant.Holds(vote.IsEmpty || vote.SequenceEqual(CandidateName), "a node votes once in a term");
            if (vote.IsEmpty)
            {
                _votes.Save(_votes.Term, CandidateName);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>A leader's own entry. Refused when its term has passed: the log may hold a later leader's entries by now.</summary>
    ValueTask<long> IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(TEntry entry, CancellationToken token)
    {
        lock (_termLock)
        {
            if (entry.Term != _votes.Term)
            {
                return ValueTask.FromException<long>(new NotLeaderException());
            }

            if (entry is ProposedEntry proposed)
            {
                Expect(_log.LastIndex + 1, entry.Term, proposed.Kind, proposed.Payload);
                proposed.Appended(_log.Append(entry.Term, proposed.Kind, proposed.Payload));
                return ValueTask.FromResult(proposed.Index);
            }

            Invariant.Holds(entry is EmptyLogEntry, "the library appends nothing but a leader's first entry");
            if (!_quorum.IsElected(entry.Term))
            {
                // It counted by the members of a moment ago. The candidate must begin anew, which it won't by itself.
                Void?.Invoke();
                return ValueTask.FromException<long>(new NotLeaderException());
            }

            Volatile.Write(ref _leaderTerm, entry.Term);
            return ValueTask.FromResult(_log.Append(entry.Term, LogEntryKind.Empty, default));
        }
    }

    /// <summary>A leader's entries on a follower: done when they, and all before them, are on this disk.</summary>
    async ValueTask IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(
        ILogEntryProducer<TEntry> entries, long startIndex, bool skipCommitted, CancellationToken token)
    {
        var last = startIndex - 1 + entries.RemainingCount;
        if (last >= startIndex)
        {
            var received = new LogEntry[entries.RemainingCount];
            for (var count = 0; await entries.MoveNextAsync().ConfigureAwait(false); count++)
            {
                Invariant.Holds(entries.Current is RaftEntry, "entries arrive through this project's transport alone");
                received[count] = ((RaftEntry)(object)entries.Current).Entry;
                Invariant.Holds(received[count].Index == startIndex + count, "entries arrive with their own indexes");
                Expect(received[count].Index, received[count].Term, received[count].Kind, received[count].Payload);
            }

            _log.Append(received, _progress.Committed);
        }

        // Also for an empty request: an earlier one may have been cut off between the append and the sync, and this
        // one's answer vouches for everything up to its place.
        if (!await _log.SyncAsync(last).ConfigureAwait(false))
        {
            throw new OperationCanceledException("the entries were cut off by a later leader's before they were synced");
        }
    }

    ValueTask IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(TEntry entry, long startIndex, CancellationToken token) =>
        throw new InvariantException("snapshots do not travel through the library's log");

    /// <summary>Commits up to an index, once this disk has it: a leader counts itself, so it must have it too.</summary>
    async ValueTask<long> IAuditTrail.CommitAsync(long endIndex, CancellationToken token)
    {
        var before = _progress.Committed;
        if (endIndex <= before)
        {
            return 0L;
        }

        Invariant.Holds(endIndex <= _log.LastIndex, "what is committed is in the log");
        if (IsElected)
        {
            endIndex = _quorum.Committable(_votes.Term, endIndex);
            if (endIndex <= before)
            {
                return 0L;
            }
        }

        return await _log.SyncAsync(endIndex).ConfigureAwait(false) ? _progress.Commit(endIndex) : 0L;
    }

    ValueTask IAuditTrail.WaitForApplyAsync(CancellationToken token) => _progress.WaitForNextAsync(token);

    ValueTask IAuditTrail.WaitForApplyAsync(long index, CancellationToken token) =>
        _progress.Applied.WaitAsync(index, token);

    ValueTask<TResult> IAuditTrail<IRaftLogEntry>.ReadAsync<TResult>(
        ILogEntryConsumer<IRaftLogEntry, TResult> reader, long startIndex, long endIndex, CancellationToken token)
    {
        if (reader.LogEntryMetadataOnly)
        {
            // Asked of a follower by a leader with a longer log too: no entry, no term.
            var term = _log.TermAt(startIndex) ?? 0L;
            RaftEntry[] entry = [new(new LogEntry(startIndex, term, LogEntryKind.Empty, default))];
            return reader.ReadAsync<RaftEntry, RaftEntry[]>(entry, null, token);
        }

        if (startIndex < _log.FirstIndex)
        {
            // Cut already: the library is to ask for a snapshot behind which the log goes on.
            var floor = Floor;
            RaftEntry[] snapshot = [new(new LogEntry(floor.Index, floor.Term, LogEntryKind.Empty, default))];
            return reader.ReadAsync<RaftEntry, RaftEntry[]>(snapshot, floor.Index, token);
        }

        return reader.ReadAsync<RaftEntry, EntryRange>(new EntryRange(_log, startIndex, endIndex), null, token);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void SaveTerm(long term, ReadOnlySpan<byte> vote)
    {
        _votes.Save(term, vote);
        Interlocked.Exchange(ref _nextTerm, NewSource()).SetResult();
    }

    private ReadOnlySpan<byte> CandidateName
    {
        get
        {
            Invariant.Holds(_candidate.Value is not null, "a vote is asked for by a candidate with a name");
            return Encoding.UTF8.GetBytes(_candidate.Value!);
        }
    }

    private void Expect(long index, long term, LogEntryKind kind, ReadOnlyMemory<byte> payload)
    {
        if (kind == LogEntryKind.Configuration)
        {
            _configurations.Expect(new ConfigurationAt(index, term, ConfigurationCodec.Decode(payload.Span)));
        }
    }
}
