using System.Runtime.InteropServices;

namespace RaftCluster.Cli;

/// <summary>Passes signals on to a process; those that come before it has begun, as soon as it has.</summary>
internal sealed class SignalPasser : IDisposable
{
    private readonly SignalRelay _relay;
    private readonly Lock _lock = new();
    private readonly List<PosixSignal> _early = [];
    private int _process;
    private Task? _exited;

    internal SignalPasser(SignalRelay relay)
    {
        _relay = relay;
        _relay.Received += On;
    }

    /// <summary>The process runs.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="exited">Its end: from then on the id may be another's.</param>
    internal void PassTo(int process, Task exited)
    {
        lock (_lock)
        {
            (_process, _exited) = (process, exited);
            _early.ForEach(Pass);
        }
    }

    public void Dispose() => _relay.Received -= On;

    private void On(PosixSignal signal)
    {
        lock (_lock)
        {
            if (_exited is null)
            {
                _early.Add(signal);
            }
            else
            {
                Pass(signal);
            }
        }
    }

    private void Pass(PosixSignal signal)
    {
        if (_exited is { IsCompleted: false } && !OperatingSystem.IsWindows() && !(signal is PosixSignal.SIGINT && Posix.IsForeground()))
        {
            Posix.Send(_process, Posix.NumberOf(signal));
        }
    }
}
