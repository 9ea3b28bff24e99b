using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Raft;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>
/// A node whose log or rows were damaged has forgotten what it acknowledged. It gives no vote, stands for no election and
/// answers no read, until it has all that a leader had at a moment after it began anew: whatever it once acknowledged
/// and was committed is in that, for the elections it took no part in were decided by nodes that have it.
/// </summary>
internal sealed partial class Rebuild(
    NodeStorage storage, IReadOnlyList<PeerMember> peers, CommitProgress progress, LeaderWatch leaders, Func<RaftNode> raft,
    ConsensusOptions options, Action<int, string> stop, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _isOver = storage.RebuildReason is null;
    private Task _running = Task.CompletedTask;

    /// <summary>Whether this node has what it acknowledged.</summary>
    public bool IsOver => _isOver;

    /// <summary>Why it has not; null when it has.</summary>
    public string? Reason => _isOver ? null : storage.RebuildReason;

    /// <summary>Begins to wait for the moment at which it has, if it has not.</summary>
    public void Start()
    {
        if (!_isOver)
        {
            Log.Begun(logger, storage.RebuildReason!);
            _running = RunAsync(_stopping.Token);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken token)
    {
        try
        {
            while (!await HasCaughtUpAsync(token).ConfigureAwait(false))
            {
            }

            storage.Folders.EndRebuild();
            _isOver = true;
            await raft().RevertToNormalModeAsync(token).ConfigureAwait(false);
            Log.Ended(logger, progress.Applied.Reached);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The node stops; the next start goes on.
        }
        catch (DiskException failed)
        {
            stop(Fault.CodeOf(failed), failed.Message);
        }
    }

    private async Task<bool> HasCaughtUpAsync(CancellationToken token)
    {
        var leader = await leaders.WaitAsync(token).ConfigureAwait(false);
        var link = peers.FirstOrDefault(peer => peer.Member == leader)?.Link;
        if (link is null || await LeaderQuestions.AskAsync(link, token).ConfigureAwait(false) is not { } proof)
        {
            await leaders.WaitForChangeAsync(leader, options.HeartbeatInterval, token).ConfigureAwait(false);
            return false;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(options.ElectionTimeout * 10);
        try
        {
            await progress.Applied.WaitAsync(proof.LastIndex, patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // A snapshot may take long, or a later leader's log is shorter: the next answer names what to wait for then.
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1241, LogLevel.Warning, "is being rebuilt from the other nodes, and gives no vote and no read until then: {Reason}")]
        public static partial void Begun(ILogger logger, string reason);

        [LoggerMessage(1242, LogLevel.Information, "is rebuilt, up to entry {Index}, and counts again")]
        public static partial void Ended(ILogger logger, long index);
    }
}
