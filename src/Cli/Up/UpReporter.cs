using System.Threading.Channels;

namespace RaftCluster.Cli.Up;

/// <summary>Tells what happens to a cluster, in the order in which it happened.</summary>
internal abstract class UpReporter
{
    /// <summary>Reads until the channel is closed.</summary>
    internal abstract Task TellAsync(ChannelReader<UpEvent> events);

    /// <summary>An event as one line for people; null for what is no news.</summary>
    protected static string? Sentence(UpEvent happened) => happened switch
    {
        UpEvent.Ready ready => $"ready: {ready.Leader} leads",
        UpEvent.LeaderChanged leader =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{leader.Node} leads, term {leader.Term}"),
        UpEvent.LeaderLost => "no leader",
        UpEvent.Exited exited =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{exited.Node} ended (pid {exited.Pid}): {exited.Reason}"),
        UpEvent.Restarted again =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{again.Node} started again (pid {again.Pid})"),
        UpEvent.GivenUp given => $"{given.Node} stays down: {given.Reason}",
        UpEvent.Stopping => "stopping all nodes; Ctrl-C again kills them",
        UpEvent.Killed killed => $"{killed.Node} did not stop in time and was killed",
        UpEvent.Stopped => "stopped",
        _ => null,
    };
}
