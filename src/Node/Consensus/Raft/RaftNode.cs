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

    public RaftNode(
        ConsensusOptions options, IEnumerable<PeerMember> peers, bool mayStand, Action<int, string> stop, ILogger logger)
        : base(new Configuration(options, mayStand))
    {
        _peers = peers;
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

    /// <summary>Gives up the leadership, if this node has it.</summary>
    public ValueTask<bool> OnResignAsync(CancellationToken token) => ResignAsync(token);

    private sealed class Configuration(ConsensusOptions options, bool mayStand) : IClusterMemberConfiguration
    {
        public double HeartbeatThreshold => options.HeartbeatInterval / options.ElectionTimeout;

        public ElectionTimeout ElectionTimeout => new()
        {
            LowerValue = (int)options.ElectionTimeout.TotalMilliseconds,
            UpperValue = (int)options.ElectionTimeout.TotalMilliseconds * 2,
        };

        public bool Standby => !mayStand;

        // A lease trusts clocks; a read proves leadership by a round instead.
        public bool IsLeaderLeaseEnabled => false;

        public bool AggressiveLeaderStickiness => true;
    }
}
