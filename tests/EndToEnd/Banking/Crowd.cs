namespace RaftCluster.Tests.EndToEnd.Banking;

/// <summary>Clients that work until they are told to stop. What ends one of them before its time is a failure of the test.</summary>
internal abstract class Crowd : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private Task[] _clients = [];

    /// <summary>Whether they were told to stop.</summary>
    protected bool IsOver => _end.IsCancellationRequested;

    /// <summary>Starts them.</summary>
    /// <param name="count">How many.</param>
    public void Start(int count) => _clients = [.. Enumerable.Range(0, count).Select(number => Task.Run(() => WorkAsync(number)))];

    /// <summary>Throws what ended one of them before its time.</summary>
    public Task CheckAsync() => Task.WhenAll(_clients.Where(client => client.IsCompleted));

    /// <summary>Lets them finish what they are at.</summary>
    public async Task FinishAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _end.CancelAsync();
        // What ended one was thrown by those above.
        await Task.WhenAll(_clients).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    /// <summary>What one of them does, until all are told to stop.</summary>
    /// <param name="number">Which one.</param>
    protected abstract Task WorkAsync(int number);
}
