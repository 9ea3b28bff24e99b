using System.Collections.Immutable;
using DotNext.Net.Cluster;
using Microsoft.AspNetCore.Connections;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus;

/// <summary>Agreement, composed: the library's Raft over this project's log and transport, feeding a state machine.</summary>
public sealed partial class ConsensusNode : IConsensus, IAsyncDisposable
{
    private readonly ConsensusOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IRaftLog _log;
    private readonly IVoteStore _votes;
    private readonly CommitProgress _progress;
    private readonly ProgressGate _revisions;
    private readonly PersistentLog _persistent;
    private readonly ImmutableArray<PeerMember> _peers;
    private readonly RaftNode _raft;
    private readonly PeerServer _server;
    private readonly LeadershipProof _proof;
    private readonly LeaderQuestions _questions;
    private readonly Proposer _proposer;
    private readonly ApplyLoop _applying;
    private readonly LeaderWatch _leaders;
    private readonly HandOver _handOver;
    private long _leaderHeardAt;
    private Standing? _standing;

    private ConsensusNode(
        ConsensusOptions options, IStateMachine machine, IRaftLog log, IVoteStore votes, Action<int, string> stop, ILoggerFactory loggers, TimeProvider time)
    {
        (_options, _time, _log, _votes) = (options, time, log, votes);
        _logger = loggers.CreateLogger("RaftCluster.Consensus");
        _progress = new CommitProgress(machine.Applied.Index);
        _revisions = new ProgressGate(machine.Applied.Revision);
        _persistent = PersistentLog.Over(ClusterMemberId.FromEndPoint(options.Self.Peer), _log, _votes, _progress);

        var identity = new PeerIdentity(_options.ClusterId, _options.Self.Id);
        var clocks = new PeerClocks(
            _options.Members.Length, _options.MaximumClockSkew, _time, message => stop(ExitCode.Clock, message), _logger);
        _peers = [.. _options.Members.Select(member => new PeerMember(
            member,
            member == _options.Self ? null : new PeerLink(member, identity, _options, clocks, _logger),
            () => _votes.Term,
            _options,
            _time))];
        _raft = new RaftNode(_options, _peers, stop, loggers.CreateLogger("RaftCluster.Raft")) { AuditTrail = _persistent };
        _server = new PeerServer(identity, _options, clocks, _logger);
        _proof = new LeadershipProof(_raft, _progress);
        _questions = new LeaderQuestions(_peers);
        _handOver = new HandOver(_raft, _log, _peers, _options);
        _leaders = new LeaderWatch(() => Leader);
        var matches = new VoterMatches(_peers.Where(peer => peer.IsRemote), () => _votes.Term);
        _proposer = new Proposer(_raft, _log, () => _persistent.LeaderTerm, matches, _options, _time);
        _applying = new ApplyLoop(_log, machine, _progress, _revisions, _proposer, stop);
        _progress.OnCommit(() =>
        {
            _applying.Wake();
            _leaders.Look();
        });
        _raft.LeaderChanged += (_, leader) =>
        {
            Log.LeaderChanged(_logger, leader?.Member.Id ?? "nobody", _votes.Term);
            _leaders.Look();
        };
    }

    /// <inheritdoc/>
    public ConsensusStatus Status
    {
        get
        {
            var leader = Leader;
            var term = _votes.Term;
            var leads = leader == _options.Self;
            return new ConsensusStatus(
                _options.Self,
                RoleUnder(leader),
                leader,
                term,
                _log.LastIndex,
                _progress.Committed,
                _progress.Applied.Reached,
                [.. _peers.Select(peer => StatusOf(peer, leads, leader, term))]);
        }
    }

    /// <inheritdoc/>
    public Standing Standing
    {
        get
        {
            var leader = Leader;
            var (role, term) = (RoleUnder(leader), _votes.Term);
            var kept = Volatile.Read(ref _standing);
            if (kept is null || kept.Role != role || !ReferenceEquals(kept.Leader, leader) || kept.Term != term)
            {
                kept = new Standing(role, leader, term);
                Volatile.Write(ref _standing, kept);
            }

            return kept;
        }
    }

    private Member? Leader => _raft.Leader switch
    {
        { IsRemote: false } => _raft.LeadsWithCommit ? _options.Self : null,
        { } other => other.Member,
        null => null,
    };

    /// <summary>Opens the log and the vote of a node.</summary>
    /// <param name="options">What agreement needs to know.</param>
    /// <param name="machine">The rows; they must be of the same folder as the log.</param>
    /// <param name="loggers">For the node's log lines.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="stop">Ends the process with an <see cref="ExitCode"/> and a line; <see cref="FailStop.Now"/> when null.</param>
    public static ConsensusNode Open(
        ConsensusOptions options, IStateMachine machine, ILoggerFactory loggers, TimeProvider? time = null, Action<int, string>? stop = null)
    {
        stop ??= FailStop.Now;
        var folder = Path.Combine(options.Folder, "log");
        var votes = VoteStore.Open(folder, stop);
        var log = SegmentedLog.Open(folder, new SegmentedLogOptions(), stop);
        var applied = machine.Applied;
        if (applied.Index > log.LastIndex || (applied.Index >= log.FirstIndex && log.TermAt(applied.Index) != applied.Term))
        {
            stop(
                ExitCode.Corrupt,
                $"{options.Folder}: the rows stand at entry {applied.Index} of term {applied.Term}, and the log, " +
                $"which ends at entry {log.LastIndex}, does not have it: one of the two is not this node's, or lost its end");
        }

        return new ConsensusNode(options, machine, log, votes, stop, loggers, time ?? TimeProvider.System);
    }

    /// <summary>Serves one connection of another node to its end: the handler of the peer port.</summary>
    public Task ServePeerAsync(ConnectionContext connection) => _server.ServeAsync(connection);

    /// <summary>Begins to follow, and to stand for election.</summary>
    public async Task StartAsync(CancellationToken token = default)
    {
        if (_options.Members.Length == 1)
        {
            _persistent.LeadAlone();
        }

        await _raft.StartAsync(token).ConfigureAwait(false);
        _server.Open(_raft, ProveAsync, Heard);
    }

    /// <summary>Stops following and leading, and finishes applying what is committed.</summary>
    public async Task StopAsync(CancellationToken token = default)
    {
        _server.Close();
        await _raft.StopAsync(token).ConfigureAwait(false);
        await _applying.DrainAsync(token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<Proposal> ProposeAsync(ReadOnlyMemory<byte> transaction, Durability durability, CancellationToken patience) =>
        _proposer.ProposeAsync(transaction, durability, patience);

    /// <inheritdoc/>
    public async ValueTask<Confirmation?> ConfirmLeadershipAsync(CancellationToken patience)
    {
        while (true)
        {
            try
            {
                var leader = await WaitForLeaderAsync(patience).ConfigureAwait(false);
                var begunAt = _time.GetTimestamp();
                var index = leader == _options.Self
                    ? await _proof.ProveAsync(patience).ConfigureAwait(false)
                    : await _questions.AskAsync(leader, patience).ConfigureAwait(false);
                if (index is { } proven)
                {
                    return new Confirmation(proven, begunAt);
                }

                await _leaders.WaitForChangeAsync(leader, _options.HeartbeatInterval, patience).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask WaitForAppliedAsync(long index, CancellationToken patience) => _progress.Applied.WaitAsync(index, patience);

    /// <inheritdoc/>
    public ValueTask WaitForRevisionAsync(long revision, CancellationToken patience) => _revisions.WaitAsync(revision, patience);

    /// <inheritdoc/>
    public ValueTask<Member> WaitForLeaderAsync(CancellationToken patience) => _leaders.WaitAsync(patience);

    /// <inheritdoc/>
    public async ValueTask ResignAsync(CancellationToken patience)
    {
        if (_options.Members.Length == 1 || Leader != _options.Self)
        {
            return;
        }

        _proposer.Pause();
        try
        {
            if (await _handOver.ToAnyAsync(_persistent.LeaderTerm, patience).ConfigureAwait(false))
            {
                Log.Resigned(_logger, _persistent.LeaderTerm);
                await WaitForLeaderAsync(patience).ConfigureAwait(false);
            }
        }
        finally
        {
            _proposer.Resume();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _raft.DisposeAsync().ConfigureAwait(false);
        await _log.DisposeAsync().ConfigureAwait(false);
        _votes.Dispose();
    }

    private Role RoleUnder(Member? leader) =>
        ReferenceEquals(leader, _options.Self) ? Role.Leader
        : leader is null && _persistent.VotedForSelf ? Role.Candidate
        : Role.Follower;

    private MemberStatus StatusOf(PeerMember peer, bool leads, Member? leader, long term)
    {
        if (!peer.IsRemote)
        {
            return new MemberStatus(peer.Member, _log.SyncedIndex, TimeSpan.Zero);
        }

        if (leads)
        {
            return new MemberStatus(peer.Member, peer.MatchIndex(term), peer.LastContact);
        }

        var heardAt = Volatile.Read(ref _leaderHeardAt);
        return new MemberStatus(
            peer.Member, null, peer.Member == leader && heardAt != 0 ? _time.GetElapsedTime(heardAt) : null);
    }

    private void Heard(Member leader) => Volatile.Write(ref _leaderHeardAt, _time.GetTimestamp());

    private ValueTask<long?> ProveAsync(CancellationToken token) => new(_proof.ProveAsync(token));

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "{Leader} leads, as this node sees it in term {Term}")]
        public static partial void LeaderChanged(ILogger logger, string leader, long term);

        [LoggerMessage(1002, LogLevel.Information, "handed over the leadership of term {Term}")]
        public static partial void Resigned(ILogger logger, long term);
    }
}
