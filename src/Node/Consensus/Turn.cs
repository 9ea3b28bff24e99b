namespace RaftCluster.Node.Consensus;

/// <summary>
/// Something that one at a time does. It has no end: who comes late, when the node stops, finds it as it was. (A
/// <see cref="SemaphoreSlim"/> whose wait handle nobody asks for holds nothing that must be let go.)
/// </summary>
#pragma warning disable CA1001 // See above: disposing it would only break a late comer.
internal sealed class Turn
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Waits for the turn, which lasts until the result is disposed.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public async ValueTask<Held> TakeAsync(CancellationToken patience = default)
    {
        await _one.WaitAsync(patience).ConfigureAwait(false);
        return new Held(_one);
    }

    /// <summary>As <see cref="TakeAsync"/>, for a thread that may wait.</summary>
    public Held Take()
    {
        _one.Wait();
        return new Held(_one);
    }

    /// <summary>The turn; disposed once, it goes to the next.</summary>
    internal readonly struct Held(SemaphoreSlim one) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => one.Release();
    }
}
