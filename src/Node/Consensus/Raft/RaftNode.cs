using System.Diagnostics;
using DotNext.Net.Cluster;
using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;

namespace RaftCluster.Node.Consensus.Raft;

/// <summary>
/// The library's Raft over our log and our transport: its handlers, protected there, open to our transport here.
/// </summary>
internal sealed class RaftNode : DotNext.Net.Cluster.Consensus.Raft.RaftCluster<PeerMember>
{
    private readonly PeerTable _peers;
    private readonly Action<int, string> _stop;

    // Held by a leader's request, and by whoever must not meet one in the middle.
    private readonly Turn _appends = new();
    private readonly Turn _standing = new();
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _longestStand;
    private readonly ConsensusMeasures _measures;

    // Held while the library's list of members is replaced.
    private readonly Turn _adopting = new();

    public RaftNode(ConsensusOptions options, PeerTable peers, bool mayStand, Action<int, string> stop, ILogger logger)
        : base(new Configuration(options, mayStand))
    {
        _peers = peers;
        _timeout = Configuration.Shortest(options);
        _longestStand = ElectionTimer.Step(options.ElectionTimeout);
        _measures = options.Measures;
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

    /// <summary>Sees that the members are those of the log's newest configuration; called when a leader's request may have changed it.</summary>
    public Func<Task> Adopt { get; set; } = static () => Task.CompletedTask;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken token = default)
    {
        await Adopt().ConfigureAwait(false);
        await base.StartAsync(token).ConfigureAwait(false);
        StartFollowing();
    }

    /// <summary>
    /// Lets the library count by other members: the voters of a configuration. A node without a vote is out of its list,
    /// follows, and stands for no election.
    /// </summary>
    /// <param name="configuration">Who the members are from now on.</param>
    /// <param name="mayStand">Whether this node may stand for election, if it has a vote.</param>
    public async Task AdoptAsync(ClusterConfiguration configuration, Func<bool> mayStand)
    {
        using var turn = await _adopting.TakeAsync().ConfigureAwait(false);
        var next = _peers.Under(configuration);
        IReadOnlyList<PeerMember> gone;
        bool gainsVote;
        var members = await ChangeConfigurationAsync(CancellationToken.None).ConfigureAwait(false);
        await using (members.ConfigureAwait(false))
        {
            var held = members.Members.Values.ToHashSet();
            foreach (var peer in held.Except(next.Voters))
            {
                members.MarkAsRemoved(peer);
            }

            foreach (var peer in next.Voters.Except(held))
            {
                peer.Attach(this);
                members.MarkAsAdded(peer);
            }

            gainsVote = !held.Any(peer => !peer.IsRemote) && next.Voters.Any(peer => !peer.IsRemote);
            gone = _peers.Take(next);
        }

        if (gainsVote && mayStand())
        {
            // From the stand-by of a node without a vote; nothing happens when the library did it itself.
            await RevertToNormalModeAsync(CancellationToken.None).ConfigureAwait(false);
        }

        Left?.Invoke(gone);
    }

    /// <summary>Told of members that are none any more, or not at that address: whoever hears it closes them.</summary>
    public Action<IReadOnlyList<PeerMember>>? Left { get; set; }

    /// <summary>Begins anew as a follower.</summary>
    public async Task FollowAnewAsync()
    {
        using var turn = await _standing.TakeAsync().ConfigureAwait(false);
        await EnableStandbyModeAsync(CancellationToken.None).ConfigureAwait(false);
        await RevertToNormalModeAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>A leader's entries, or its sign of life; the leader is named.</summary>
    public async ValueTask<Result<ReplicationStatus>> OnAppendAsync(
        string leader, long term, LogEntry[] entries, long previousIndex, long previousTerm, long committed, CancellationToken token)
    {
        using (await _appends.TakeAsync(token).ConfigureAwait(false))
        {
            // What a snapshot brought is committed, so every leader has it: its part of the request is skipped.
            if (AuditTrail is PersistentLog { Floor: var floor } && previousIndex < floor.Index)
            {
                entries = entries[(int)Math.Min(entries.Length, floor.Index - previousIndex)..];
                (previousIndex, previousTerm) = floor;
            }

            var result = await AppendEntriesAsync(
                IdOf(leader) ?? default, term, new EntryBatch(entries), previousIndex, previousTerm, committed, 0, token).ConfigureAwait(false);

            // Before the answer: whoever counts on this node having the entries counts on its going by their configuration.
            await Adopt().ConfigureAwait(false);
            return result;
        }
    }

    /// <summary>Lets no leader's request in until the result is disposed.</summary>
    public ValueTask<Turn.Held> HoldAppendsAsync() => _appends.TakeAsync();

    /// <summary>A candidate, who is named, asks for this node's vote.</summary>
    public async ValueTask<Result<bool>> OnVoteAsync(string candidate, long term, long lastIndex, long lastTerm, CancellationToken token)
    {
        if (AuditTrail is PersistentLog log)
        {
            log.Candidate = candidate;
        }

        return await VoteAsync(VoterId(candidate), term, lastIndex, lastTerm, 0, token).ConfigureAwait(false);
    }

    /// <summary>A follower, who is named, asks whether it would get this node's vote in the term after <paramref name="term"/>.</summary>
    public ValueTask<Result<PreVoteResult>> OnPreVoteAsync(
        string candidate, long term, long lastIndex, long lastTerm, CancellationToken token) =>
        PreVoteAsync(VoterId(candidate), term + 1, lastIndex, lastTerm, 0, token);

    /// <summary>Forgets when a leader was last heard of: the next candidate is judged by its log and term alone.</summary>
    public void ForgetLeader() => ElectionControl.ForgetLeader(this);

    /// <summary>Stands for election now, unless this node leads. Whether it is elected shows later.</summary>
    public async Task StandAsync(CancellationToken token)
    {
        using (await _standing.TakeAsync(token).ConfigureAwait(false))
        {
            if (!IsLeading)
            {
                _measures.Elections.Add();
                await ElectionControl.StandAsync(this, _timeout, token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Stands for election as the leader of this term wants. A sign of life that the leader sent before would make the library
    /// take this node for a follower that needs nobody's place, and nothing would come of it: none is let in until the election
    /// has begun.
    /// </summary>
    public async Task TakeOverAsync(CancellationToken token)
    {
        using (await _appends.TakeAsync(token).ConfigureAwait(false))
        {
            var begun = ((PersistentLog)AuditTrail).NextTerm;
            await StandAsync(token).ConfigureAwait(false);
            await begun.WaitAsync(_longestStand, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Gives up the leadership, if this node has it.</summary>
    public ValueTask<bool> OnResignAsync(CancellationToken token) => ResignAsync(token);

    private ClusterMemberId? IdOf(string member)
    {
        foreach (var peer in _peers.Voters)
        {
            if (peer.Member.Id == member)
            {
                return ((IClusterMember)peer).Id;
            }
        }

        return null;
    }

    /// <summary>
    /// The library answers members alone. But a candidate may have a vote by a configuration that this node lacks yet, and
    /// then may not win without this node's vote: it is judged by its term and log like any other. The vote itself is kept by name.
    /// </summary>
    private ClusterMemberId VoterId(string candidate) =>
        IdOf(candidate) ?? (_peers.Voters.FirstOrDefault() is IClusterMember any ? any.Id : default);

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
