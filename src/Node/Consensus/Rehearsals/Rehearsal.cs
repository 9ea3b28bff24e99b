using System.Net;
using System.Net.Sockets;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.Node.Diagnosis;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Rehearsals;

/// <summary>
/// Rehearses, once in a process, what a node does when the leadership changes hands: one that is of no cluster, without rows or
/// files, follows, is told to take over, is elected by two that oblige, commits, and hands over. The runtime compiles code when
/// it first runs; at a real election every millisecond of that is a write that waits, and it takes longer than the election itself.
/// </summary>
internal sealed partial class Rehearsal : IAsyncDisposable
{
    /// <summary>For how long the first clients have a node that was just started to themselves.</summary>
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(1);

    /// <summary>Much longer than it takes on a busy machine.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(20);

    private readonly ObligingPeer[] _others;
    private readonly RehearsalLog _log = new();
    private readonly CommitProgress _progress = new(0);
    private readonly Lock _applying = new();
    private readonly TimeProvider _time;
    private readonly PersistentLog _persistent;
    private readonly Candidacy _candidacy;
    private readonly ClusterConfiguration _configuration;
    private readonly RaftNode _raft;
    private readonly Proposer _proposer;
    private readonly LeaderWatch _leaders;
    private readonly HandOver _handOver;
    private readonly Ballots _ballots;
    private readonly PeerTable _peers;

    private Rehearsal(ObligingPeer[] others, ILogger logger, TimeProvider time)
    {
        (_others, _time) = (others, time);
        Member[] members = [new("r1", new Uri("http://127.0.0.1:1"), new IPEndPoint(IPAddress.Loopback, 1)), .. others.Select(MemberOf)];
        var options = new ConsensusOptions
        {
            Self = members[0],
            Members = [.. members],
            ClusterId = 1,
            // Nobody stands by itself meanwhile; and a machine that has been up for less gives no vote yet.
            ElectionTimeout = TimeSpan.FromSeconds(2),
            HeartbeatInterval = TimeSpan.FromMilliseconds(50),
        };
        _configuration = ClusterConfiguration.Initial(members);
        var configurations = ConfigurationStore.Of(ConfigurationAt.Initial(members));
        var clocks = new PeerClocks(() => members.Length, options.MaximumClockSkew, time, static _ => { }, logger);
        var identity = new PeerIdentity(options.ClusterId, "r1", options.Protocols, options.StateVersion, static () => 0, static (_, _) => { });
        _candidacy = new Candidacy(FailoverMode.Automatic, static () => true, static () => true, time);
        var election = new Election(_candidacy, new Polls(() => members.Length));
        QuorumRules? quorum = null;
        _peers = new PeerTable(member => new PeerMember(
            member, member == members[0] ? null : new PeerLink(member, identity, options, clocks, logger), () => _log.Term, static () => default, options, time)
        {
            Granted = (term, voter) => quorum!.Granted(term, voter),
            Election = election,
        });
        quorum = new QuorumRules("r1", _log, configurations, _peers);
        _persistent = PersistentLog.Over("r1", _log, _log, _progress, configurations, quorum);
        _raft = new RaftNode(options, _peers, mayStand: true, Stop, logger) { AuditTrail = _persistent };
        _leaders = new LeaderWatch(() => _raft.Leader is { IsRemote: true } other ? other.Member : _raft.LeadsWithCommit ? members[0] : null);
        _raft.LeaderChanged += (_, _) => _leaders.Look();
        _progress.OnCommit(() =>
        {
            Apply();
            _leaders.Look();
        });
        _ballots = new Ballots(_raft, _candidacy, new LeaderContact(time), options);
        var matches = new VoterMatches(_peers, () => _log.Term);
        _proposer = new Proposer(_raft, _log, () => _persistent.LeaderTerm, static () => EntryCodec.Format, matches, options, time);
        _handOver = new HandOver(_raft, _log, _peers, _proposer, _leaders, () => _persistent.LeaderTerm, options);
    }

    /// <summary>Plays it after the bustle of a start, where there can be elections.</summary>
    /// <param name="consensus">The real node.</param>
    /// <param name="logger">Told how it went.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task WhenCalmAsync(IConsensus consensus, ILogger logger, TimeProvider time, CancellationToken stop)
    {
        try
        {
            await consensus.WaitForLeaderAsync(stop).ConfigureAwait(false);
            await Task.Delay(_calm, time, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (consensus.Status.Members.Length > 1)
        {
            await RunAsync(logger, time, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Plays it through. That it fails harms nothing, and is logged.</summary>
    /// <param name="logger">Told how it went.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task RunAsync(ILogger logger, TimeProvider time, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(_longest);
        var begun = time.GetTimestamp();

        // What its node says of itself is nobody's concern; but that it is said belongs to the play.
        using var aside = LoggerFactory.Create(logging => logging.AddProvider(new LogRing(time)));
        var others = new List<ObligingPeer>();
        try
        {
            others.Add(ObligingPeer.Start(time));
            others.Add(ObligingPeer.Start(time));
            await using (var rehearsal = new Rehearsal([.. others], aside.CreateLogger("RaftCluster.Rehearsal"), time))
            {
                await rehearsal.PlayAsync(limit.Token).ConfigureAwait(false);
            }

            Log.Played(logger, (long)time.GetElapsedTime(begun).TotalMilliseconds);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (Exception failed) when (failed is SocketException or OperationCanceledException or InvalidOperationException)
        {
            Log.Failed(logger, failed.Message);
        }
        finally
        {
            foreach (var other in others)
            {
                await other.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _raft.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _raft.DisposeAsync().ConfigureAwait(false);
        foreach (IDisposable peer in _peers.All)
        {
            peer.Dispose();
        }
    }

    private static Member MemberOf(ObligingPeer other, int at) => new($"r{at + 2}", new Uri($"http://127.0.0.1:{at + 2}"), other.At);

    private static void Stop(int code, string why) => throw new InvalidOperationException(why);

    private async Task PlayAsync(CancellationToken patience)
    {
        await _raft.AdoptAsync(_configuration, static () => true).ConfigureAwait(false);
        await _raft.StartAsync(patience).ConfigureAwait(false);
        var first = _peers.Others[0];

        // It follows, and takes over.
        await LeadAsync(first, patience).ConfigureAwait(false);
        _candidacy.Order(_raft.Term);
        await _raft.TakeOverAsync(patience).ConfigureAwait(false);
        await _progress.Applied.WaitAsync(_log.LastIndex + 1, patience).ConfigureAwait(false);
        await _leaders.WaitForChangeAsync(first.Member, _longest, patience).ConfigureAwait(false);

        // It proves that it leads, takes a write, and hands over while that one is under way.
        await new LeadershipProof(_raft, _progress).ProveAsync(patience).ConfigureAwait(false);
        foreach (var (other, heir) in _others.Zip(_peers.Others))
        {
            other.TakesOver = async term =>
            {
                var vote = await _ballots.AnswerAsync(
                    heir.Member.Id, new VoteRequest(VoteKind.HandedOver, term + 1, _log.LastIndex, term), patience).ConfigureAwait(false);
                if (vote.Answer == (byte)PreVoteResult.Accepted)
                {
                    await LeadAsync(heir, patience).ConfigureAwait(false);
                }
            };
        }

        var line = EntryCodec.EncodeTransaction(new Command.Put("kv", "line"u8.ToArray(), default, null, Precondition.None));
        var writing = _proposer.ProposeAsync(line, Durability.Quorum, taken: null, patience);
        var handed = await _handOver.ToAnyAsync(patience).ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        if (handed is LeadershipResult.Refused refused)
        {
            throw new InvalidOperationException(refused.Why);
        }
    }

    /// <summary>Another one leads, and sends an entry.</summary>
    private async Task LeadAsync(PeerMember leader, CancellationToken patience)
    {
        var (last, term) = (_log.LastIndex, Math.Max(1, _log.Term));
        LogEntry[] entries = [new LogEntry(last + 1, term, LogEntryKind.Empty, default)];
        await _raft.OnAppendAsync(leader.Member.Id, term, entries, last, _log.TermAt(last)!.Value, last + 1, patience).ConfigureAwait(false);
    }

    /// <summary>There are no rows: each command did what it should.</summary>
    private void Apply()
    {
        lock (_applying)
        {
            for (var index = _progress.Applied.Reached + 1; index <= _progress.Committed; index++)
            {
                var entry = _log.Read(index, index, int.MaxValue)[0];
                _progress.Applied.Advance(index);
                if (entry.Kind == LogEntryKind.Command)
                {
                    _proposer.Applied(entry, [new Outcome.Written(index, 1)], _time.GetTimestamp());
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1260, LogLevel.Debug, "rehearsed an election and a hand-over in {Milliseconds} ms")]
        public static partial void Played(ILogger logger, long milliseconds);

        [LoggerMessage(1261, LogLevel.Information, "the rehearsal of an election failed, so that the first real one is slower: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
