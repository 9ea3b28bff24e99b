using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>Writers that always write on, each a row of its own a time, at whichever node leads; a refused write is tried again.</summary>
internal sealed class Load : IAsyncDisposable
{
    private const int Writers = 8;

    private readonly CancellationTokenSource _end = new();
    private readonly TimeSpan _patience;
    private readonly ProgressGate _done = new(0);
    private readonly Task[] _writing;
    private readonly System.Collections.Concurrent.ConcurrentBag<string> _keys = [];
    private long _count;
    private long _unknown;

    /// <param name="cluster">The cluster.</param>
    /// <param name="patience">How long a writer waits for an answer; for ever when null.</param>
    public Load(TestCluster cluster, TimeSpan? patience = null)
    {
        _patience = patience ?? Timeout.InfiniteTimeSpan;
        _writing = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(cluster, writer)))];
    }

    /// <summary>How many writes were done, each of which is a revision.</summary>
    public long Done => Interlocked.Read(ref _count);

    /// <summary>Of how many nobody can say whether they are.</summary>
    public long Unknown => Interlocked.Read(ref _unknown);

    /// <summary>The rows whose writes were done.</summary>
    public IReadOnlyCollection<string> Keys => _keys;

    /// <summary>Waits until so many more writes are done.</summary>
    public ValueTask ProgressAsync(int more, CancellationToken patience) => _done.WaitAsync(Done + more, patience);

    /// <summary>Lets the writers finish.</summary>
    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_writing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _end.Dispose();
    }

    private async Task WriteAsync(TestCluster cluster, int writer)
    {
        for (var at = 0; !_end.IsCancellationRequested;)
        {
            if (cluster.Nodes.FirstOrDefault(node => node.Standing.Role == Role.Leader) is not { } leader)
            {
                await Task.Yield();
                continue;
            }

            using var patience = new CancellationTokenSource(_patience);
            switch (await leader.ProposeAsync(TestCluster.Put($"w{writer}/{at}", "1"), Durability.Quorum, patience.Token))
            {
                case Proposal.Done:
                    _keys.Add($"w{writer}/{at++}");
                    _done.Advance(Interlocked.Increment(ref _count));
                    break;
                case Proposal.Unknown:
                    at++;
                    Interlocked.Increment(ref _unknown);
                    break;
                default:
                    await Task.Yield();
                    break;
            }
        }
    }
}
