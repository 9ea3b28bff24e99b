using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Connections;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus;

/// <summary>Agreement, composed: the library's Raft over this project's log and transport, feeding a state machine.</summary>
public sealed partial class ConsensusNode : IConsensus, IPeerDuties, IAsyncDisposable
{
    private readonly ConsensusOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<int, string> _stopOverRows;
    private readonly IRaftLog _log;
    private readonly IVoteStore _votes;
    private readonly CommitProgress _progress;
    private readonly ProgressGate _revisions;
    private readonly PersistentLog _persistent;
    private readonly QuorumRules _quorum;
    private readonly ConfigurationStore _configurations;
    private readonly Belonging _belonging;
    private readonly PeerTable _peers;
    private readonly RaftNode _raft;
    private readonly PeerServer _server;
    private readonly LeadershipProof _proof;
    private readonly LeaderQuestions _questions;
    private readonly Proposer _proposer;
    private readonly ApplyLoop _applying;
    private readonly LeaderWatch _leaders;
    private readonly HandOver _handOver;
    private readonly Candidacy _candidacy;
    private readonly LeaderContact _contact;
    private readonly Election _election;
    private readonly Ballots _ballots;
    private readonly ElectionTimer _timer;
    private readonly DeathWatch _deaths;
    private readonly ReadyLinks _ready;
    private readonly DrainMark _drain;
    private readonly StateComparison _states;
    private readonly TokenBucketRateLimiter _snapshotRate;
    private readonly SnapshotShelf _shelf;
    private readonly SnapshotReceiver _receiver;
    private readonly LogKeeper _keeper;
    private readonly Rebuild _rebuild;
    private readonly MembershipChanges _membership;
    private readonly MembershipKeeper _members;
    private readonly LearnerFeeds _feeds;
    private Standing? _standing;

    private ConsensusNode(
        ConsensusOptions options, NodeStorage storage, Action<int, string> stop, ILoggerFactory loggers, TimeProvider time)
    {
        (_options, _time, _log, _votes, _configurations) = (options, time, storage.Log, storage.Votes, storage.Configurations);
        var machine = storage.Rows;
        _stopOverRows = (code, why) => stop(code, code == ExitCode.Corrupt ? storage.NoteDamage(why) : why);
        _logger = loggers.CreateLogger("RaftCluster.Consensus");
        _progress = new CommitProgress(machine.Applied.Index);
        _revisions = new ProgressGate(machine.Applied.Revision);
        _states = new StateComparison(() => machine.Applied, options.Measures, stop);
        _snapshotRate = new TokenBucketRateLimiter(RateOf(options));
        _shelf = new SnapshotShelf(
            machine,
            storage.Folders,
            index => _configurations.NewestUpTo(_log, index),
            time,
            (folder, why) => Log.CopyLeft(_logger, folder, why));

        _belonging = new Belonging(_configurations, _log, _progress);
        var identity = new PeerIdentity(
            _options.ClusterId, _options.Self.Id, _options.Protocols, _options.StateVersion, () => _belonging.Newest, ToldRemoved);
        var clocks = new PeerClocks(
            () => _peers!.All.Length, _options.MaximumClockSkew, _time, message => stop(ExitCode.Clock, message), _logger);
        _drain = storage.Folders.Drain;
        _candidacy = new Candidacy(_options.Failover, () => _rebuild!.IsOver, () => _peers!.LocalVotes, _time) { IsDrained = _drain.IsSet };
        _contact = new LeaderContact(_time);
        _election = new Election(_candidacy, new Polls(() => _peers!.Voters.Length));
        _peers = new PeerTable(member => PeerOf(member, identity, clocks, stop));
        _quorum = new QuorumRules(_options.Self.Id, _log, _configurations, _peers);
        _persistent = PersistentLog.Over(_options.Self.Id, _log, _votes, _progress, _configurations, _quorum);
        _leaders = new LeaderWatch(() => Leader);
        _rebuild = new Rebuild(
            storage, _peers, _progress, _leaders, () => _raft!, options, stop, _logger);
        _raft = new RaftNode(_options, _peers, _rebuild.IsOver, stop, loggers.CreateLogger("RaftCluster.Raft")) { AuditTrail = _persistent };
        _raft.Adopt = AdoptNewestAsync;
        _server = new PeerServer(identity, _belonging, clocks, _options.Room, _logger);
        _proof = new LeadershipProof(_raft, _progress);
        _questions = new LeaderQuestions(_peers);
        _ballots = new Ballots(_raft, _candidacy, _contact, _options);
        _timer = new ElectionTimer(_raft, _candidacy, _contact, _election.Polls, _peers, _options, _logger);
        _deaths = new DeathWatch(_contact, _peers, _options, _timer.Wake, _time, _logger);
        var matches = new VoterMatches(_peers, () => _votes.Term);
        _proposer = new Proposer(
            _raft, _log, () => _persistent.LeaderTerm, () => StateVersionOf(_configurations.Newest(_log).Configuration), matches, _options, _time);
        _ready = new ReadyLinks(_peers, _options);
        _handOver = new HandOver(_raft, _log, _peers, _proposer, _leaders, () => _persistent.LeaderTerm, _options);
        _applying = new ApplyLoop(_log, machine, _progress, _revisions, _proposer, _states, _options.Measures, _time, _stopOverRows);
        var install = new SnapshotInstall(
            storage.Folders, machine, _log, _progress, _revisions, _applying, _configurations, _raft, _stopOverRows, _logger);
        _receiver = new SnapshotReceiver(storage.Folders, () => _votes.Term, install.Has, install.RunAsync, stop, _options.Measures, _logger);
        _keeper = new LogKeeper(machine, _log, _configurations, _shelf, _options, _stopOverRows, _time, _logger);
        var rules = new MembershipRules(_options.ElectionTimeout * 2, _options.CaughtUpWithin);
        _membership = new MembershipChanges(
            _options.Self.Id, _raft, _persistent, _log, _progress, _configurations, _peers, rules, AdoptAsync,
            patience => HandOverAsync(null, patience), _options.StateVersion,
            _options.ElectionTimeout * 2, _time, _logger);
        _feeds = new LearnerFeeds(_raft, _persistent, _log, _progress, _configurations, _peers, _options, _time);
        _members = new MembershipKeeper(_membership, rules, _feeds, () => _raft.LeadsWithCommit, _options, _time, _logger);
        _raft.Left = _feeds.Left;
        _persistent.Void = () => _ = Task.Run(_raft.FollowAnewAsync);
        _progress.OnCommit(() =>
        {
            _applying.Wake();
            _leaders.Look();
            _feeds.Wake();
            LookForRemoval();
        });
        _raft.LeaderChanged += (_, leader) =>
        {
            Log.LeaderChanged(_logger, leader?.Member.Id ?? "nobody", _votes.Term);
            Count(leader?.Member.Id);
            if (leader is { IsRemote: false })
            {
                _membership.Elected();
                if (_candidacy.IsDrained)
                {
                    _leaving = LeaveLeadingAsync(_leaving, _disposing.Token);
                }
            }

            _leaders.Look();
            _feeds.Look();
        };
    }

    /// <inheritdoc/>
    public ConsensusStatus Status
    {
        get
        {
            var term = _votes.Term;
            var leader = LeaderIn(term);
            var leads = leader?.Id == _options.Self.Id;
            var configuration = _configurations.Newest(_log);
            return new ConsensusStatus(
                Self,
                RoleUnder(leader),
                leader,
                term,
                _log.LastIndex,
                _progress.Committed,
                _progress.Applied.Reached,
                [.. configuration.Configuration.Members.Select(member => StatusOf(member, leads, leader, term))])
            {
                Configuration = configuration.Index,
                ConfigurationTerm = configuration.Term,
                IsConfigurationCommitted = configuration.Index <= _progress.Committed,
                FirstIndex = _log.FirstIndex,
                RebuildReason = _rebuild.Reason,
                StateVersion = StateVersionOf(configuration.Configuration),
                OwnStateVersion = _options.StateVersion,
                Failover = _candidacy.Mode,
                IsDrained = _candidacy.IsDrained,
            };
        }
    }

    /// <inheritdoc/>
    public Standing Standing
    {
        get
        {
            var term = _votes.Term;
            var leader = LeaderIn(term);
            var (role, rebuilding) = (RoleUnder(leader), !_rebuild.IsOver);
            var kept = Volatile.Read(ref _standing);
            if (kept is null || kept.Role != role || !ReferenceEquals(kept.Leader, leader) || kept.Term != term
                || kept.IsRebuilding != rebuilding)
            {
                kept = new Standing(role, leader, term, rebuilding);
                Volatile.Write(ref _standing, kept);
            }

            return kept;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A newer term's number may be here before this node has stepped down: the term it was elected in counts.</remarks>
    public long LedTerm => _raft.LeadsWithCommit ? _persistent.LeaderTerm : 0;

    private Member? Leader => _raft.Leader switch
    {
        { IsRemote: false } => _raft.LeadsWithCommit ? Self : null,
        { } other => other.Member,
        null => null,
    };

    /// <summary>This node as the members have it; as it was started, when it is none.</summary>
    private Member Self => _peers.Local?.Member ?? _options.Self;

    /// <summary>
    /// The leader, to be named beside a term that was read before: this node may know a newer term's number before it has stepped
    /// down, and would seem to be a second leader of that term.
    /// </summary>
    private Member? LeaderIn(long term) => Leader is { } leader && (leader.Id != _options.Self.Id || _persistent.LeaderTerm == term) ? leader : null;

    /// <summary>Makes a node of what is on its disk.</summary>
    /// <param name="options">What agreement needs to know.</param>
    /// <param name="storage">The node's rows, log, term and vote; the caller disposes them after the node.</param>
    /// <param name="loggers">For the node's log lines.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="stop">Ends the process with an <see cref="ExitCode"/> and a line; <see cref="FailStop.Now"/> when null.</param>
    public static ConsensusNode Open(
        ConsensusOptions options, NodeStorage storage, ILoggerFactory loggers, TimeProvider? time = null, Action<int, string>? stop = null) =>
        new(options, storage, stop ?? FailStop.Now, loggers, time ?? TimeProvider.System);

    /// <summary>Serves one connection of another node to its end: the handler of the peer port.</summary>
    public Task ServePeerAsync(ConnectionContext connection) => _server.ServeAsync(connection);

    /// <summary>Begins to follow, and to stand for election.</summary>
    public async Task StartAsync(CancellationToken token = default)
    {
        if (_configurations.Newest(_log).Configuration.Voters.ToArray() is [var alone] && alone.Id == _options.Self.Id)
        {
            _persistent.LeadAlone();
        }

        await _raft.StartAsync(token).ConfigureAwait(false);
        _server.Open(_raft, this);
        _timer.Start();
        _ready.Start();
        _rebuild.Start();
        _keeper.Start();
        _members.Start();
        LookForRemoval();
    }

    /// <summary>Stops following and leading, and finishes applying what is committed.</summary>
    public async Task StopAsync(CancellationToken token = default)
    {
        _deaths.Dispose();
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _ready.DisposeAsync().ConfigureAwait(false);
        _server.Close();
        await _raft.StopAsync(token).ConfigureAwait(false);
        await _applying.DrainAsync(token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<Proposal> ProposeAsync(
        ReadOnlyMemory<byte> transaction, Durability durability, CancellationToken patience, bool held = false) =>
        _proposer.ProposeAsync(transaction, durability, patience, held);

    /// <inheritdoc/>
    public void ProposeHeld() => _proposer.ProposeWaiting();

    /// <inheritdoc/>
    public async ValueTask<Confirmation?> ConfirmLeadershipAsync(CancellationToken patience)
    {
        while (true)
        {
            try
            {
                var leader = await WaitForLeaderAsync(patience).ConfigureAwait(false);
                var begunAt = _time.GetTimestamp();
                var index = leader.Id == _options.Self.Id
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
    public ValueTask<long> WaitForLedTermAsync(long known, CancellationToken patience) =>
        _leaders.WaitForTermAsync(() => LedTerm, known, _options.HeartbeatInterval, patience);

    /// <inheritdoc/>
    public void Fail(StorageException failed) => _stopOverRows(StorageFaults.ExitCodeOf(failed.Fault), failed.Message);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync().ConfigureAwait(false);
        await _leaving.ConfigureAwait(false);
        _disposing.Dispose();
        _deaths.Dispose();
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _ready.DisposeAsync().ConfigureAwait(false);
        await _members.DisposeAsync().ConfigureAwait(false);
        await _keeper.DisposeAsync().ConfigureAwait(false);
        await _rebuild.DisposeAsync().ConfigureAwait(false);
        await _raft.DisposeAsync().ConfigureAwait(false);
        await _applying.CloseAsync().ConfigureAwait(false);
        foreach (var peer in _peers.All)
        {
            peer.Close();
        }

        await _feeds.DisposeAsync().ConfigureAwait(false);
        await _shelf.DisposeAsync().ConfigureAwait(false);
        await _receiver.DisposeAsync().ConfigureAwait(false);
        await _snapshotRate.DisposeAsync().ConfigureAwait(false);
    }

    private Role RoleUnder(Member? leader) =>
        leader?.Id == _options.Self.Id ? Role.Leader
        : !_peers.LocalVotes ? Role.Learner
        : leader is null && _persistent.VotedForSelf ? Role.Candidate
        : Role.Follower;

    private MemberStatus StatusOf(ConfiguredMember configured, bool leads, Member? leader, long term)
    {
        var member = configured.Member;
        if (member.Id == _options.Self.Id)
        {
            return new MemberStatus(configured, _log.SyncedIndex, TimeSpan.Zero, _receiver.Progress) { StateVersion = _options.StateVersion };
        }

        var peer = _peers.Find(member.Id);
        var status = !leads ? new MemberStatus(configured, null, member == leader ? _contact.Heard : null)
            : peer is null ? new MemberStatus(configured, 0, null)
            : new MemberStatus(configured, peer.MatchIndex(term), peer.LastContact, peer.Snapshots?.Progress) { Room = peer.Room };
        return status with
        {
            StateVersion = peer?.Link is { StateVersion: > 0 and var said } ? said : null,
            RoundTrips = peer?.RoundTrips,
        };
    }

    private PeerMember PeerOf(Member member, PeerIdentity identity, PeerClocks clocks, Action<int, string> stop)
    {
        var link = member.Id == _options.Self.Id ? null : new PeerLink(member, identity, _options, clocks, _logger);
        return new PeerMember(member, link, () => _votes.Term, () => _states.Now, _options, _time)
        {
            Granted = (term, voter) => _quorum.Granted(term, voter),
            Election = _election,
            Snapshots = link is null
                ? null
                : new SnapshotSender(member, link, _log, _shelf, _snapshotRate, () => _votes.Term, FailAsync, _stopOverRows, _options.Measures, _time, _logger),
        };
    }

    private static TokenBucketRateLimiterOptions RateOf(ConsensusOptions options)
    {
        var period = TimeSpan.FromMilliseconds(20);
        var share = Math.Max(1, (int)(options.SnapshotBytesPerSecond * period.TotalSeconds));
        return new TokenBucketRateLimiterOptions
        {
            ReplenishmentPeriod = period,
            TokensPerPeriod = share,
            TokenLimit = Math.Max(share, 128 << 10),
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "{Leader} leads, as this node sees it in term {Term}")]
        public static partial void LeaderChanged(ILogger logger, string leader, long term);

        [LoggerMessage(1003, LogLevel.Warning, "{Folder} could not be removed, and stays until the next start: {Reason}")]
        public static partial void CopyLeft(ILogger logger, string folder, string reason);
    }
}
