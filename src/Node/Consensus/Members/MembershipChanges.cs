using DotNext.Net.Cluster.Consensus.Raft;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Raft;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>Changes the membership, on the leader: one change at a time, each an entry of the log.</summary>
/// <param name="self">This node's name.</param>
/// <param name="raft">Counts by the members it is given.</param>
/// <param name="persistent">Knows the term this node leads in.</param>
/// <param name="log">The log.</param>
/// <param name="progress">How far it is committed.</param>
/// <param name="configurations">The configurations in it.</param>
/// <param name="peers">The members.</param>
/// <param name="rules">What may be done.</param>
/// <param name="adopt">Lets the library count by a configuration; by the newest in the log when null.</param>
/// <param name="handOver">Hands the leadership over.</param>
/// <param name="stateVersion">The newest entries that this node can apply.</param>
/// <param name="young">How long a new leader may not have heard of everybody.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it logs.</param>
internal sealed partial class MembershipChanges(
    string self,
    RaftNode raft,
    PersistentLog persistent,
    IRaftLog log,
    CommitProgress progress,
    ConfigurationStore configurations,
    PeerTable peers,
    MembershipRules rules,
    Func<ClusterConfiguration?, Task> adopt,
    Func<CancellationToken, ValueTask<LeadershipResult>> handOver,
    int stateVersion,
    TimeSpan young,
    TimeProvider time,
    ILogger logger)
{
    private int _underWay;
    private long _ledSince;

    /// <summary>What this node, as the leader, knows of the members now.</summary>
    public MembershipView View
    {
        get
        {
            var (term, newest) = (persistent.LeaderTerm, configurations.Newest(log));
            return new MembershipView(
                newest.Configuration,
                newest.Index <= progress.Committed,
                self,
                id => peers.Find(id) is { } peer
                    ? new MemberHealth(peer.LastContact, Math.Max(0, log.LastIndex - peer.MatchIndex(term)))
                    : new MemberHealth(null, log.LastIndex))
            {
                StateVersionOf = id => id == self ? stateVersion : peers.Find(id)?.Link?.StateVersion ?? 0,
            };
        }
    }

    /// <summary>Makes a change, or says why not.</summary>
    /// <param name="change">What is asked for.</param>
    /// <param name="patience">Ends the wait for its commit: the answer is then unknown.</param>
    public async ValueTask<MembershipAnswer> ChangeAsync(MemberChange change, CancellationToken patience)
    {
        if (Interlocked.Exchange(ref _underWay, 1) != 0)
        {
            return new MembershipAnswer.Refused(MembershipRefusal.ChangeInProgress, "another change of the membership is under way");
        }

        try
        {
            var term = persistent.LeaderTerm;
            if (!raft.LeadsWithCommit || raft.Term != term)
            {
                return new MembershipAnswer.NotLeader();
            }

            switch (await DecideAsync(change, patience).ConfigureAwait(false))
            {
                case MembershipDecision.Nothing:
                    return new MembershipAnswer.Done(configurations.Newest(log), Changed: false);
                case MembershipDecision.Refuse no:
                    return new MembershipAnswer.Refused(no.Reason, no.Detail);
                case MembershipDecision.HandOverFirst:
                    Log.HandsOver(logger, change.Id);
                    return await handOver(patience).ConfigureAwait(false) is LeadershipResult.Refused stays
                        ? new MembershipAnswer.Refused(MembershipRefusal.NobodyToLead, $"{change.Id} leads, and can't hand over: {stays.Why}")
                        : new MembershipAnswer.NotLeader();
                case MembershipDecision.Propose propose:
                    return await ProposeAsync(term, propose.Next, patience).ConfigureAwait(false);
                case var other:
                    throw new StateMachine.InvariantException($"no way to carry out {other}");
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Nothing was proposed: what comes after that catches it itself.
            return new MembershipAnswer.NotLeader();
        }
        finally
        {
            Volatile.Write(ref _underWay, 0);
        }
    }

    /// <summary>This node leads from now on.</summary>
    public void Elected() => Volatile.Write(ref _ledSince, time.GetTimestamp());

    /// <summary>A leader of a moment ago has not heard of everybody yet: it looks again before it says no for that reason.</summary>
    private async ValueTask<MembershipDecision> DecideAsync(MemberChange change, CancellationToken patience)
    {
        var heard = NewSignal();
        void OnMoved() => Volatile.Read(ref heard).TrySetResult();
        peers.Moved += OnMoved;
        try
        {
            while (true)
            {
                var decision = rules.Decide(View, change);
                var left = young - time.GetElapsedTime(Volatile.Read(ref _ledSince));
                if (decision is not MembershipDecision.Refuse { Reason: MembershipRefusal.WouldLoseQuorum or MembershipRefusal.LearnerBehind }
                    || left <= TimeSpan.Zero)
                {
                    return decision;
                }

                try
                {
                    await Volatile.Read(ref heard).Task.WaitAsync(left, time, patience).ConfigureAwait(false);
                }
                catch (Exception over) when (over is TimeoutException or OperationCanceledException)
                {
                    return rules.Decide(View, change);
                }

                Volatile.Write(ref heard, NewSignal());
            }
        }
        finally
        {
            peers.Moved -= OnMoved;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<MembershipAnswer> ProposeAsync(long term, ClusterConfiguration next, CancellationToken patience)
    {
        // The library counts by the new members first, and sends to them alone, so that no round of the old ones brings the
        // entry to a node that is to leave: it would hold an entry that may fail, and keep others from leading without it.
        var entry = new ProposedEntry(term, ConfigurationCodec.Encode(next), LogEntryKind.Configuration);
        Task replication;
        try
        {
            await adopt(next).ConfigureAwait(false);
            await raft.ForceReplicationAsync(patience).ConfigureAwait(false);
            replication = raft.ReplicateAsync(entry, CancellationToken.None).AsTask();
            if (entry.Index == 0)
            {
                await replication.ConfigureAwait(false);
            }
        }
        catch (Exception lost) when (lost is NotLeaderException or OperationCanceledException or ObjectDisposedException)
        {
            await adopt(null).ConfigureAwait(false);
            return new MembershipAnswer.NotLeader();
        }

        Log.Proposed(logger, entry.Index, next.ToString(), next.StateVersion);
        return await AwaitAsync(new ConfigurationAt(entry.Index, term, next), replication, patience).ConfigureAwait(false);
    }

    private async Task<MembershipAnswer> AwaitAsync(ConfigurationAt proposed, Task replication, CancellationToken patience)
    {
        try
        {
            try
            {
                await replication.WaitAsync(patience).ConfigureAwait(false);
            }
            catch (Exception lost) when (lost is NotLeaderException or ObjectDisposedException
                || (lost is OperationCanceledException && !patience.IsCancellationRequested))
            {
                // It may be committed yet, by this node or a later leader.
                await progress.Applied.WaitAsync(proposed.Index, patience).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return new MembershipAnswer.Unknown("not committed within the caller's patience");
        }

        var held = configurations.NewestUpTo(log, proposed.Index);
        if ((held.Index, held.Term) != (proposed.Index, proposed.Term))
        {
            return new MembershipAnswer.NotLeader(); // Another leader's entry took its place.
        }

        Log.Committed(logger, proposed.Index, proposed.Configuration.ToString(), proposed.Configuration.StateVersion);
        return new MembershipAnswer.Done(proposed, Changed: true);
    }

    private static partial class Log
    {
        [LoggerMessage(1301, LogLevel.Information, "proposes with entry {Index} that the members be {Members}, with state version {StateVersion}")]
        public static partial void Proposed(ILogger logger, long index, string members, int stateVersion);

        [LoggerMessage(1302, LogLevel.Information, "the members are {Members}, with state version {StateVersion}, by entry {Index}")]
        public static partial void Committed(ILogger logger, long index, string members, int stateVersion);

        [LoggerMessage(1303, LogLevel.Information, "hands over the leadership, since {Member} is this node and is to lose its vote")]
        public static partial void HandsOver(ILogger logger, string member);
    }
}
