using System.Runtime.InteropServices;

namespace RaftCluster.Cli;

/// <summary>Ctrl-C and its kin: the first asks to stop, the second not to wait.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration[] _registrations;

    internal Signals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, On),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, On),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, On),
    ];

    internal CancellationToken Stop => _stop.Token;

    internal CancellationToken Hurry => _hurry.Token;

    /// <summary>Each signal that comes in, for who passes them on.</summary>
    internal SignalRelay Relay { get; } = new();

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
        _hurry.Dispose();
    }

    private void On(PosixSignalContext signal)
    {
        signal.Cancel = true;
        // In this order: who begins to listen, and then sees that nothing asks it to stop, has missed nothing.
        (_stop.IsCancellationRequested ? _hurry : _stop).Cancel();
        Relay.Tell(signal.Signal);
    }
}

/// <summary>Tells of signals as they come in.</summary>
internal sealed class SignalRelay
{
    internal event Action<PosixSignal>? Received;

    internal void Tell(PosixSignal signal) => Received?.Invoke(signal);
}
