using System.Diagnostics;
using System.Net;
using DotNext.Net.Cluster;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>
/// The library's Raft over our log and our transport: its handlers, protected there, open to our transport here.
/// </summary>
internal sealed class RaftNode : DotNext.Net.Cluster.Consensus.Raft.RaftCluster<PeerMember>
{
    private readonly IEnumerable<PeerMember> _peers;
    private readonly Action<int, string> _stop;

    // Held by a leader's request, and by whoever must not meet one in the middle.
    private readonly Turn _appends = new();
    private readonly Turn _standing = new();
    private readonly TimeSpan _timeout;

    public RaftNode(
        ConsensusOptions options, IEnumerable<PeerMember> peers, bool mayStand, Action<int, string> stop, ILogger logger)
        : base(new Configuration(options, mayStand))
    {
        _peers = peers;
        _timeout = Configuration.Shortest(options);
        _stop = stop;
        Logger = new RoundLogger(logger);
    }

    /// <inheritdoc/>
    protected override ILogger Logger { get; }

    /// <summary>Whether this node leads and has committed in its own term, so that its commit index is the cluster's.</summary>
    public bool LeadsWithCommit
    {
        get
        {
            try
            {
                return !LeadershipToken.IsCancellationRequested;
            }
            catch (UnreachableException gaveUp)
            {
                // The library met an exception during an election and would stay silent for ever.
                _stop(ExitCode.Internal, $"consensus gave up: {gaveUp.Message}");
                throw;
            }
        }
    }

    /// <summary>Whether this node was elected in its term and has not stepped down, committed anything or not.</summary>
    public bool IsLeading => Leader is { IsRemote: false } && !ConsensusToken.IsCancellationRequested;

    /// <summary>This node's current term.</summary>
    public long Term => AuditTrail.Term;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken token = default)
    {
        var members = await ChangeConfigurationAsync(token).ConfigureAwait(false);
        await using (members.ConfigureAwait(false))
        {
            foreach (var peer in _peers)
            {
                peer.Attach(this);
                members.MarkAsAdded(peer);
            }
        }

        await base.StartAsync(token).ConfigureAwait(false);
        StartFollowing();
    }

    /// <summary>A leader's entries, or its sign of life.</summary>
    public async ValueTask<Result<ReplicationStatus>> OnAppendAsync(
        EndPoint leader, long term, LogEntry[] entries, long previousIndex, long previousTerm, long committed, CancellationToken token)
    {
        using (await _appends.TakeAsync(token).ConfigureAwait(false))
        {
            // What a snapshot brought is committed, so every leader has it: its part of the request is skipped.
            if (AuditTrail is PersistentLog { Floor: var floor } && previousIndex < floor.Index)
            {
                entries = entries[(int)Math.Min(entries.Length, floor.Index - previousIndex)..];
                (previousIndex, previousTerm) = floor;
            }

            return await AppendEntriesAsync(
                ClusterMemberId.FromEndPoint(leader), term, new EntryBatch(entries), previousIndex, previousTerm, committed, 0, token)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Lets no leader's request in until the result is disposed.</summary>
    public ValueTask<Turn.Held> HoldAppendsAsync() => _appends.TakeAsync();

    /// <summary>A candidate asks for this node's vote.</summary>
    public ValueTask<Result<bool>> OnVoteAsync(EndPoint candidate, long term, long lastIndex, long lastTerm, CancellationToken token) =>
        VoteAsync(ClusterMemberId.FromEndPoint(candidate), term, lastIndex, lastTerm, 0, token);

    /// <summary>A follower asks whether it would get this node's vote in the term after <paramref name="term"/>.</summary>
    public ValueTask<Result<PreVoteResult>> OnPreVoteAsync(
        EndPoint candidate, long term, long lastIndex, long lastTerm, CancellationToken token) =>
        PreVoteAsync(ClusterMemberId.FromEndPoint(candidate), term + 1, lastIndex, lastTerm, 0, token);

    /// <summary>Forgets when a leader was last heard of: the next candidate is judged by its log and term alone.</summary>
    public void ForgetLeader() => ElectionControl.ForgetLeader(this);

    /// <summary>Stands for election now, unless this node leads. Whether it is elected shows later.</summary>
    public async Task StandAsync(CancellationToken token)
    {
        using (await _standing.TakeAsync(token).ConfigureAwait(false))
        {
            if (!IsLeading)
            {
                await ElectionControl.StandAsync(this, _timeout, token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Gives up the leadership, if this node has it.</summary>
    public ValueTask<bool> OnResignAsync(CancellationToken token) => ResignAsync(token);

    private sealed class Configuration(ConsensusOptions options, bool mayStand) : IClusterMemberConfiguration
    {
        public double HeartbeatThreshold => options.HeartbeatInterval / Shortest(options);

        // A net beneath ElectionTimer, which stands long before.
        public ElectionTimeout ElectionTimeout => new()
        {
            LowerValue = (int)Shortest(options).TotalMilliseconds,
            UpperValue = (int)Shortest(options).TotalMilliseconds * 3 / 2,
        };

        public static TimeSpan Shortest(ConsensusOptions options) => options.ElectionTimeout * 2;

        public bool Standby => !mayStand;

        // A lease trusts clocks; a read proves leadership by a round instead.
        public bool IsLeaderLeaseEnabled => false;

        public bool AggressiveLeaderStickiness => true;
    }
}
