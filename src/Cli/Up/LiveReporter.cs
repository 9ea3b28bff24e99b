using System.Globalization;
using System.Threading.Channels;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace RaftCluster.Cli.Up;

/// <summary>A table that follows the nodes, with the latest events below it.</summary>
internal sealed class LiveReporter(Terminal terminal, ClusterLayout layout) : UpReporter
{
    private const int ShownEvents = 6;

    private readonly Queue<string> _latest = new();
    private bool _ready;

    internal override Task TellAsync(ChannelReader<UpEvent> events)
    {
        terminal.Canvas.MarkupLineInterpolated($"[bold]RaftCluster[/] {layout.Cluster}, data in {layout.Folder}");
        var live = terminal.Canvas.Live(Picture([])).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom);
        return live.StartAsync(async canvas =>
        {
            var nodes = System.Collections.Immutable.ImmutableArray<NodeState>.Empty;
            await foreach (var happened in events.ReadAllAsync())
            {
                nodes = happened is UpEvent.Seen seen ? seen.Nodes : nodes;
                _ready |= happened is UpEvent.Ready;
                if (Sentence(happened) is { } line)
                {
                    Note(line);
                }

                canvas.UpdateTarget(Picture([.. nodes]));
                canvas.Refresh();
            }
        });
    }

    private void Note(string line)
    {
        if (_latest.Count == ShownEvents)
        {
            _ = _latest.Dequeue();
        }

        _latest.Enqueue($"[grey]{terminal.Time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}[/] {Markup.Escape(line)}");
    }

    private Rows Picture(NodeState[] nodes)
    {
        List<IRenderable> parts = [NodeTable.Of(layout, nodes)];
        parts.AddRange(_latest.Select(line => new Markup(line)));
        if (_ready)
        {
            var http = layout.Nodes[0].Http.GetLeftPart(UriPartial.Authority);
            parts.Add(Text.Empty);
            parts.Add(new Markup($"[grey]Write:[/] curl -X PUT {http}/v1/kv/hello -d world   [grey]Read:[/] curl {http}/v1/kv/hello"));
            parts.Add(new Markup("[grey]Kill a node (kill -9 PID) and watch. Ctrl-C stops all.[/]"));
        }

        return new Rows(parts);
    }
}
