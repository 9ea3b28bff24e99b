using System.Globalization;
using System.Threading.Channels;

namespace RaftCluster.Cli.Up;

/// <summary>One line an event, for pipes and files.</summary>
internal sealed class PlainReporter(Terminal terminal, ClusterLayout layout) : UpReporter
{
    internal override async Task TellAsync(ChannelReader<UpEvent> events)
    {
        await terminal.Out.WriteLineAsync($"starting {layout.Nodes.Length} nodes, data in {layout.Folder}");
        await foreach (var happened in events.ReadAllAsync())
        {
            if (happened is UpEvent.Ready ready)
            {
                foreach (var node in ready.Nodes)
                {
                    await terminal.Out.WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{node.Place.Id}: pid {node.Pid}, http {node.Place.Http.GetLeftPart(UriPartial.Authority)}, peer {node.Place.Peer}, log {node.Place.Log}"));
                }
            }

            if (Sentence(happened) is { } line)
            {
                await terminal.Out.WriteLineAsync(line);
                await terminal.Out.FlushAsync();
            }
        }
    }
}
