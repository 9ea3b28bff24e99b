using System.Diagnostics.CodeAnalysis;
using DotNext.Net.Cluster.Consensus.Raft;
using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.StateMachine;
using RaftCluster.Tests.Node.Log;
using RaftCluster.Tests.Node.Log.Simulation;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;

/// <summary>One node, n1, as the product composes it, over a log in memory; all others are scripts that let it lead.</summary>
internal sealed class ScriptedCluster : IAsyncDisposable
{
    private readonly Member[] _members;
    private readonly ModelStore _rows = new();
    private readonly VoteStore _votes;
    private readonly SegmentedLog _log;
    private readonly PersistentLog _persistent;
    private readonly PeerTable _peers;
    private readonly ApplyLoop _applying;

    private ScriptedCluster(int nodes, int chunkBytes, Action<ScriptedCluster, long>? committed)
    {
        _members = Members.Of(nodes);
        var disk = new SimulatedDisk();
        _votes = VoteStore.Open(SimulatedLog.Folder, Stop, disk);
        _log = SimulatedLog.Open(disk);
        var options = new ConsensusOptions
        {
            Self = _members[0],
            Members = [.. _members],
            ClusterId = 1,
            ElectionTimeout = TimeSpan.FromSeconds(5),
            HeartbeatInterval = TimeSpan.FromMilliseconds(20),
            MaximumChunkBytes = chunkBytes,
            MaximumBatchesUnderWay = 100,
        };
        Progress = new CommitProgress(0);
        var configurations = Configurations = Members.Configured(_members, disk);
        QuorumRules? quorum = null;
        Peers = _members.Skip(1).ToDictionary(member => member.Id, _ => new ScriptedPeer());
        _peers = Members.Table(
            options, member => Peers.GetValueOrDefault(member.Id), () => _votes.Term, (term, voter) => quorum!.Granted(term, voter));
        quorum = new QuorumRules("n1", _log, configurations, _peers);
        _persistent = PersistentLog.Over("n1", _log, _votes, Progress, configurations, quorum);
        Raft = new RaftNode(options, _peers, mayStand: true, Stop, NullLogger.Instance) { AuditTrail = _persistent };
        Proof = new LeadershipProof(Raft, Progress);
        Proposer = new Proposer(
            Raft, _log, () => _persistent.LeaderTerm, () => EntryCodec.Format, new VoterMatches(_peers, () => _votes.Term), options, TimeProvider.System);
        var leaders = new LeaderWatch(() => Raft.Leader is { IsRemote: true } other ? other.Member : Raft.LeadsWithCommit ? _members[0] : null);
        Raft.LeaderChanged += (_, _) => leaders.Look();
        HandOver = new HandOver(Raft, _log, _peers, Proposer, leaders, () => _persistent.LeaderTerm, options);
        _applying = new ApplyLoop(_log, _rows, Progress, new ProgressGate(0), Proposer, new StateComparison(() => _rows.Applied, new ConsensusMeasures(), Stop), new ConsensusMeasures(), TimeProvider.System, Stop);
        Progress.OnCommit(() =>
        {
            committed?.Invoke(this, Progress.Committed);
            _applying.Wake();
            leaders.Look();
        });
    }

    public RaftNode Raft { get; }

    /// <summary>The configurations in n1's log.</summary>
    public ConfigurationStore Configurations { get; }

    /// <summary>The newest one of them.</summary>
    public ConfigurationAt Newest => Configurations.Newest(_log);

    /// <summary>Completes when n1 won an election by the votes of too few.</summary>
    public Task Voided
    {
        get
        {
            var voided = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _persistent.Void = () => voided.TrySetResult();
            return voided.Task;
        }
    }

    public CommitProgress Progress { get; }

    public LeadershipProof Proof { get; }

    public HandOver HandOver { get; }

    public Proposer Proposer { get; }

    /// <summary>The scripted nodes by their ids: n2, n3, ….</summary>
    public IReadOnlyDictionary<string, ScriptedPeer> Peers { get; }

    /// <summary>The last index of n1's log.</summary>
    public long LastIndex => _log.LastIndex;

    /// <summary>The last index on n1's disk.</summary>
    public long SyncedIndex => _log.SyncedIndex;

    /// <summary>The term that n1 leads or led in.</summary>
    public long LeaderTerm => _persistent.LeaderTerm;

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    /// <summary>Starts n1 and waits until it leads.</summary>
    /// <param name="nodes">How many, the scripted ones included.</param>
    /// <param name="chunkBytes">The most bytes of entries in one request.</param>
    /// <param name="prepare">Tells the others what to do, before anything happens.</param>
    /// <param name="committed">Called with each new commit index of n1.</param>
    public static async Task<ScriptedCluster> LeadAsync(
        int nodes, int chunkBytes = 1 << 20, Action<ScriptedCluster>? prepare = null, Action<ScriptedCluster, long>? committed = null)
    {
        var cluster = new ScriptedCluster(nodes, chunkBytes, committed);
        prepare?.Invoke(cluster);
        await cluster.Raft.AdoptAsync(ClusterConfiguration.Initial(cluster._members), () => true);
        await cluster.Raft.StartAsync(Patience);
        await cluster.Raft.StandAsync(Patience);
        do
        {
            await cluster.Raft.WaitForLeadershipAsync(Patience);
        }
        while (!cluster.Raft.LeadsWithCommit);

        return cluster;
    }

    /// <summary>A cluster whose n1 is not started yet.</summary>
    public static ScriptedCluster Make(int nodes) => new(nodes, 1 << 20, committed: null);

    /// <summary>Starts n1, which counts by the members it began with, and lets it stand for election.</summary>
    public async Task StandAsync()
    {
        await Raft.AdoptAsync(ClusterConfiguration.Initial(_members), () => true);
        await Raft.StartAsync(Patience);
        await Raft.StandAsync(Patience);
    }

    /// <summary>Puts a configuration of n1 to this one into n1's log, as an earlier leader's.</summary>
    public void Hold(int voters, long term)
    {
        var at = new ConfigurationAt(_log.LastIndex + 1, term, ClusterConfiguration.Initial(Members.Of(voters)));
        Configurations.Expect(at);
        _log.Append(term, LogEntryKind.Configuration, ConfigurationCodec.Encode(at.Configuration));
    }

    /// <summary>Proposes a configuration of n1 to this one, without letting the library count by it.</summary>
    /// <returns>Its index, and the library's word that it is committed.</returns>
    public (long Index, Task Committed) Propose(int voters)
    {
        var entry = new ProposedEntry(
            LeaderTerm, ConfigurationCodec.Encode(ClusterConfiguration.Initial(Members.Of(voters))), LogEntryKind.Configuration);
        var committed = Raft.ReplicateAsync(entry, CancellationToken.None).AsTask();
        return (entry.Index, committed);
    }

    /// <summary>An entry with one transaction, as a proposer makes it.</summary>
    public static byte[] Payload(string key) =>
        EntryCodec.ComposeEntry(RequestId.From(Guid.NewGuid()), 1, TestCluster.Put(key, "1"));

    /// <summary>From now on no other node answers a request for entries before the task is done; then all know of a newer leader.</summary>
    public void Hold(Task until)
    {
        foreach (var peer in Peers.Values)
        {
            peer.OnAppend = async request =>
            {
                await until;
                return peer.Reply(request, HeartbeatResult.Rejected, request.Term + 1);
            };
        }
    }

    /// <summary>Another node was elected meanwhile, without this one, and sends an entry to follow the one at <paramref name="after"/>.</summary>
    /// <param name="after">The last index that the two logs share.</param>
    /// <param name="payload">What the other's entry says; null for no entry.</param>
    /// <param name="isCommitted">Whether the other has committed all of it.</param>
    /// <param name="leader">Who it is.</param>
    public async Task HearOfNewLeaderAsync(long after, byte[]? payload, bool isCommitted, string leader = "n2")
    {
        var (term, last) = (_votes.Term + 1, after + (payload is null ? 0 : 1));
        LogEntry[] entries = payload is null ? [] : [new LogEntry(last, term, LogEntryKind.Command, payload)];
        await Raft.OnAppendAsync(
            leader, term, entries, after, _log.TermAt(after)!.Value, isCommitted ? last : 0, Patience);
    }

    /// <summary>A sign of life from n2 as the leader of this term, which has the same log.</summary>
    public async Task HearOfLeaderAsync(long term) =>
        await Raft.OnAppendAsync("n2", term, [], LastIndex, _log.TermAt(LastIndex)!.Value, 0, Patience);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Raft.StopAsync(CancellationToken.None);
        await _applying.DrainAsync(CancellationToken.None);
        await Raft.DisposeAsync();
        await _log.DisposeAsync();
        _votes.Dispose();
        _rows.Dispose();
    }

    [DoesNotReturn]
    private static void Stop(int code, string why) => throw new InvalidOperationException($"the node ended with {code}: {why}");
}
