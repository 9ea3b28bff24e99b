using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;

namespace RaftCluster.Node.Supervision;

/// <summary>
/// The service manager that started this node, when it wants to be told how far the node is (<c>NOTIFY_SOCKET</c>, which systemd
/// sets for a service of <c>Type=notify</c>). Where nobody wants to know, nobody is told.
/// </summary>
/// <param name="log">Where it logs that it could not be told.</param>
internal sealed partial class Supervisor(ILogger log)
{
    private readonly SystemdNotifier _notifier = new();

    /// <summary>Whether somebody wants to be told.</summary>
    public bool Listens => _notifier.IsEnabled;

    /// <summary>The time without a sign of life after which it ends this process; null when it waits for none.</summary>
    public static TimeSpan? Patience { get; } = PatienceOf(
        Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId);

    /// <summary>What the node does, in words: <c>systemctl status</c> shows them.</summary>
    public void Say(string status) => Tell($"STATUS={status}");

    /// <summary>The node serves.</summary>
    public void Ready(string status) => Tell($"READY=1\nSTATUS={status}");

    /// <summary>It still does.</summary>
    public void Live(string status) => Tell($"WATCHDOG=1\nSTATUS={status}");

    /// <summary>It stops.</summary>
    public void Stopping(string status) => Tell($"STOPPING=1\nSTATUS={status}");

    /// <summary>Reads what systemd says of its watchdog.</summary>
    /// <param name="microseconds">The variable <c>WATCHDOG_USEC</c>.</param>
    /// <param name="process">The variable <c>WATCHDOG_PID</c>: whom it is meant for; null for everyone.</param>
    /// <param name="self">This process.</param>
    internal static TimeSpan? PatienceOf(string? microseconds, string? process, int self) =>
        (process is null || process == self.ToString(CultureInfo.InvariantCulture))
        && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var patience)
        && patience is > 0 and <= int.MaxValue * 1000L
            ? TimeSpan.FromMicroseconds(patience)
            : null;

    private void Tell(string news)
    {
        if (!Listens)
        {
            return;
        }

        try
        {
            _notifier.Notify(new ServiceState(news));
        }
        catch (SocketException deaf)
        {
            // The manager draws its own conclusions from silence; a node that serves has no reason to end by itself.
            LogDeaf(log, deaf.Message);
        }
    }

    [LoggerMessage(31, LogLevel.Warning, "the service manager could not be told how this node is: {Reason}")]
    private static partial void LogDeaf(ILogger log, string reason);
}
