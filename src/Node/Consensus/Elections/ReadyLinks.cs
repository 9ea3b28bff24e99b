using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Elections;

/// <summary>
/// Keeps the connections open that an election needs, in both directions between any two nodes: to make them first would
/// take longer than the election.
/// </summary>
internal sealed class ReadyLinks(IEnumerable<IPeerLink> links, ConsensusOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly IPeerLink[] _links = [.. links];
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
                await Task.WhenAll(_links.Select(link => link.PrepareAsync(token).AsTask())).ConfigureAwait(false);
                await Task.Delay(pause, token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The node stops.
        }
    }
}
