using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>
/// Keeps the connections open that an election needs, in both directions between any two nodes: to make them first would
/// take longer than the election. Learners are prepared for as well: a promotion is no time to begin.
/// </summary>
internal sealed class ReadyLinks(PeerTable peers, ConsensusOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Begins.</summary>
    public void Start() => _running = RunAsync(_stopping.Token);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            await _running.ConfigureAwait(false);
        }
    }

    private async Task RunAsync(CancellationToken token)
    {
        var pause = options.ElectionTimeout < _longestPause ? options.ElectionTimeout : _longestPause;
        try
        {
            while (true)
            {
                // Those of now: members come and go.
                var links = peers.All.Select(peer => peer.Link).OfType<IPeerLink>();
                await Task.WhenAll(links.Select(link => link.PrepareAsync(token).AsTask())).ConfigureAwait(false);
                await Task.Delay(pause, token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The node stops.
        }
    }
}
