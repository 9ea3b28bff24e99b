namespace RaftCluster.Node.Consensus;

/// <summary>A turn that was taken; disposing it gives it to the next.</summary>
internal sealed class Held : IDisposable
{
    private readonly SemaphoreSlim _turn;

    private Held(SemaphoreSlim turn) => _turn = turn;

    /// <summary>Waits for the turn.</summary>
    public static async Task<IDisposable> TakeAsync(SemaphoreSlim turn)
    {
        await turn.WaitAsync().ConfigureAwait(false);
        return new Held(turn);
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Release();
}
