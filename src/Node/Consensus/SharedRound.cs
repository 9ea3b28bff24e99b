namespace RaftCluster.Node.Consensus;

/// <summary>
/// A round that proves something to everybody who waits at the moment it begins. Who comes during a round waits for the
/// next: its answers may be older than the question.
/// </summary>
/// <param name="round">One round; it never throws.</param>
internal sealed class SharedRound(Func<Task<long?>> round)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<long?>? _next;
    private bool _running;

    /// <summary>Waits for the result of a round that begins after this call.</summary>
    /// <exception cref="OperationCanceledException">The patience ended first.</exception>
    public Task<long?> JoinAsync(CancellationToken patience)
    {
        Task<long?> result;
        var begin = false;
        lock (_gate)
        {
            _next ??= new TaskCompletionSource<long?>(TaskCreationOptions.RunContinuationsAsynchronously);
            result = _next.Task;
            begin = !_running;
            _running = true;
        }

        if (begin)
        {
            _ = RunAsync();
        }

        return patience.CanBeCanceled ? result.WaitAsync(patience) : result;
    }

    private async Task RunAsync()
    {
        while (Take() is { } waiting)
        {
            waiting.SetResult(await round().ConfigureAwait(false));
        }
    }

    private TaskCompletionSource<long?>? Take()
    {
        lock (_gate)
        {
            var taken = _next;
            _next = null;
            _running = taken is not null;
            return taken;
        }
    }
}
