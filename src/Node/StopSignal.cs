using System.Runtime.InteropServices;

namespace RaftCluster.Node;

/// <summary>Hears the signals that ask a process to stop. A second one asks it to hurry.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration[] _signals;

    /// <summary>Begins to listen.</summary>
    public StopSignal() =>
        _signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }
            .Select(signal => PosixSignalRegistration.Create(signal, Hear))];

    /// <summary>Ends when the process is asked to stop.</summary>
    public Task Requested => _requested.Task;

    /// <summary>Cancelled when it is asked again.</summary>
    public CancellationToken Hurry => _hurry.Token;

    /// <summary>Asks the process to stop; asking so again changes nothing.</summary>
    public void Request() => _requested.TrySetResult();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }

        _hurry.Dispose();
    }

    private void Hear(PosixSignalContext context)
    {
        // The runtime would end the process otherwise.
        context.Cancel = true;
        if (!_requested.TrySetResult())
        {
            _hurry.Cancel();
        }
    }
}
