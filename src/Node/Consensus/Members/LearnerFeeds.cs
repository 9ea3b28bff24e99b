using System.Collections.Immutable;
using DotNext.Net.Cluster;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Raft;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>
/// Sends the leader's committed entries to those whom the library does not know, since it counts everybody it knows: learners,
/// and for a while those who were removed, so that they hear of it.
/// </summary>
internal sealed class LearnerFeeds(
    RaftNode raft, PersistentLog persistent, IRaftLog log, CommitProgress progress, ConfigurationStore configurations, PeerTable peers,
    ConsensusOptions options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long it is tried to tell a removed member that it is none; others tell it when it calls them.</summary>
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();

    // Both guarded by the gate.
    private readonly Dictionary<PeerMember, Task> _running = [];
    private ImmutableDictionary<PeerMember, long> _leaving = ImmutableDictionary<PeerMember, long>.Empty;

    private TaskCompletionSource _commit = NewSignal();
    private int _waiting;

    /// <summary>Begins to feed whoever is to be fed and is not yet: called now and then, and when the members change.</summary>
    public void Look()
    {
        if (!raft.IsLeading || _stopping.IsCancellationRequested)
        {
            return;
        }

        var term = persistent.LeaderTerm;
        lock (_gate)
        {
            foreach (var over in _running.Where(run => run.Value.IsCompleted).Select(run => run.Key).ToArray())
            {
                _running.Remove(over);
            }

            foreach (var peer in peers.All.Except(peers.Voters).Concat(_leaving.Keys).Where(peer => peer.IsRemote))
            {
                if (!_running.ContainsKey(peer))
                {
                    _running[peer] = Task.Run(() => FeedAsync(peer, term), CancellationToken.None);
                }
            }
        }
    }

    /// <summary>More is committed.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _waiting) > 0)
        {
            Interlocked.Exchange(ref _commit, NewSignal()).TrySetResult();
        }
    }

    /// <summary>These are members no more, or not at that address.</summary>
    public void Left(IReadOnlyList<PeerMember> gone)
    {
        lock (_gate)
        {
            _leaving = _leaving.AddRange(gone.Select(peer => KeyValuePair.Create(peer, time.GetTimestamp())));
        }

        Look();
        CloseThoseDone();
    }

    /// <summary>Closes the ways to those who left and have heard of it, or won't.</summary>
    public void CloseThoseDone()
    {
        foreach (var (peer, since) in _leaving)
        {
            if (!raft.IsLeading || !peer.IsRemote || peers.Find(peer.Member.Id) is not null || time.GetElapsedTime(since) > _farewell)
            {
                Close(peer);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task[] running;
        lock (_gate)
        {
            running = [.. _running.Values];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        foreach (var peer in _leaving.Keys)
        {
            peer.Close();
        }

        _stopping.Dispose();
    }

    private async Task FeedAsync(PeerMember peer, long term)
    {
        try
        {
            while (raft.IsLeading && persistent.LeaderTerm == term && IsWanted(peer))
            {
                var committed = progress.Committed;
                var fed = await FeedOnceAsync(peer, term, committed).ConfigureAwait(false);
                if (fed == Fed.All && IsToldOff(peer, committed))
                {
                    Close(peer);
                    return;
                }

                if (fed != Fed.Part)
                {
                    // The next entry wakes it; silence is broken as often as by the library.
                    await WaitAsync(fed == Fed.All ? committed : long.MaxValue).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task<Fed> FeedOnceAsync(PeerMember peer, long term, long committed)
    {
        try
        {
            var (theirs, fed) = await peer.FeedAsync(term, log, committed, _stopping.Token).ConfigureAwait(false);
            if (theirs > term)
            {
                // It was asked for a vote in a later term, and answers no older leader: as if a voter had said so.
                persistent.RaiseTerm(theirs);
                await raft.OnResignAsync(CancellationToken.None).ConfigureAwait(false);
            }

            return fed;
        }
        catch (Exception lost) when (lost is MemberUnavailableException or ObjectDisposedException)
        {
            return Fed.Waits;
        }
    }

    private bool IsWanted(PeerMember peer) =>
        _leaving.ContainsKey(peer) || (peers.All.Contains(peer) && !peers.Voters.Contains(peer));

    private bool IsToldOff(PeerMember peer, long committed) =>
        _leaving.ContainsKey(peer) && configurations.NewestUpTo(log, committed).Configuration.Find(peer.Member.Id) is null;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until more is committed than that, or it is time for a sign of life.</summary>
    private async Task WaitAsync(long committed)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            var commit = Volatile.Read(ref _commit).Task;
            if (progress.Committed <= committed)
            {
                await commit.WaitAsync(options.HeartbeatInterval, time, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            // Time for a sign of life.
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private void Close(PeerMember peer)
    {
        lock (_gate)
        {
            _leaving = _leaving.Remove(peer);
        }

        peer.Close();
    }
}
