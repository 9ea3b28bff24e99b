using System.Text.Json;
using System.Threading.Channels;

namespace RaftCluster.Cli.Up;

/// <summary>One JSON line a state change. The first tells that the cluster is ready, unless it never became so.</summary>
internal sealed class JsonReporter(Terminal terminal) : UpReporter
{
    internal override async Task TellAsync(ChannelReader<UpEvent> events)
    {
        await foreach (var happened in events.ReadAllAsync())
        {
            if (Line(happened) is { } line)
            {
                await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.UpLine));
                await terminal.Out.FlushAsync();
            }
        }
    }

    private static UpLine? Line(UpEvent happened) => happened switch
    {
        UpEvent.Ready ready => new UpLine("ready", Leader: ready.Leader, Nodes: [.. ready.Nodes.Select(node => new UpNodeLine(
            node.Place.Id, node.Place.Http.GetLeftPart(UriPartial.Authority), node.Place.Peer, node.Pid, node.Place.Data))]),
        UpEvent.LeaderChanged leader => new UpLine("leader", Node: leader.Node, Term: leader.Term),
        UpEvent.LeaderLost => new UpLine("leader-lost"),
        UpEvent.Exited exited => new UpLine("exited", exited.Node, exited.Pid, exited.ExitCode, exited.Reason),
        UpEvent.Restarted again => new UpLine("restarted", again.Node, again.Pid, Restarts: again.Restarts),
        UpEvent.GivenUp given => new UpLine("given-up", given.Node, Reason: given.Reason),
        UpEvent.Stopping => new UpLine("stopping"),
        UpEvent.Killed killed => new UpLine("killed", killed.Node),
        UpEvent.Stopped => new UpLine("stopped"),
        _ => null,
    };
}
