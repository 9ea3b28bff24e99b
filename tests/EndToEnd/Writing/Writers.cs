using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Writing;

/// <summary>
/// Clients that write new rows through all nodes in turn for as long as they are let. A write that wasn't acknowledged is
/// never repeated: its key stands for that one attempt.
/// </summary>
internal sealed class Writers : IAsyncDisposable
{
    /// <summary>What a client does before it tries another node, so that a cluster without a leader isn't drowned in attempts.</summary>
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan ProgressBound = TimeSpan.FromSeconds(60);

    private readonly TestCluster _cluster;
    private readonly string _prefix;
    private readonly CancellationTokenSource _end = new();
    private readonly Task[] _clients;

    private Writers(TestCluster cluster, Ledger ledger, string prefix, int count)
    {
        _cluster = cluster;
        _prefix = prefix;
        Ledger = ledger;
        _clients = [.. Enumerable.Range(0, count).Select(number => Task.Run(() => WriteAsync(number)))];
    }

    /// <summary>What they wrote.</summary>
    public Ledger Ledger { get; }

    /// <summary>Starts them.</summary>
    /// <param name="cluster">The nodes.</param>
    /// <param name="ledger">Where they note it.</param>
    /// <param name="prefix">What all their keys begin with; never used before.</param>
    /// <param name="count">How many.</param>
    public static Writers Start(TestCluster cluster, Ledger ledger, string prefix, int count) => new(cluster, ledger, prefix, count);

    /// <summary>Waits until some more writes were acknowledged.</summary>
    public Task ProgressAsync(int more)
    {
        var wanted = Ledger.Acknowledged + more;
        return Eventually.HoldsAsync(
            $"{more} more acknowledged writes",
            ProgressBound,
            () => Task.FromResult(Ledger.Acknowledged >= wanted),
            Ledger.ToString);
    }

    /// <summary>Lets them finish what they are at.</summary>
    public async Task FinishAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await FinishAsync();
        _end.Dispose();
    }

    private async Task WriteAsync(int number)
    {
        for (var i = 0; !_end.IsCancellationRequested; i++)
        {
            var nodes = _cluster.Nodes;
            var node = nodes[(number + i) % nodes.Count];
            var (key, value) = ($"{_prefix}{number}/{i}", $"value {i} of client {number}");
            var result = await WriteResult.OfAsync(node, key, value);
            Ledger.Add(key, value, result);
            if (result is WriteResult.Refused)
            {
                await Task.Delay(AfterRefusal, CancellationToken.None);
            }
        }
    }
}
