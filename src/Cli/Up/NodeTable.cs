using System.Globalization;
using Spectre.Console;

namespace RaftCluster.Cli.Up;

/// <summary>The nodes as a table.</summary>
internal static class NodeTable
{
    internal static Table Of(ClusterLayout layout, IReadOnlyList<NodeState> nodes)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("node").AddNumbers("pid").AddColumn("role")
            .AddNumbers("term", "revision", "lag").AddColumn("http").AddNumbers("uptime");
        var commit = nodes.Select(node => node.Status?.CommitIndex ?? 0).DefaultIfEmpty().Max();
        var term = nodes.Select(node => node.Status?.Term ?? 0).DefaultIfEmpty().Max();
        foreach (var place in layout.Nodes)
        {
            var node = nodes.FirstOrDefault(seen => seen.Place.Id == place.Id);
            _ = table.AddRow(Cells(place, node, commit, term));
        }

        return table;
    }

    private static string[] Cells(NodePlace place, NodeState? node, long commit, long term)
    {
        var status = node?.Status;
        return
        [
            Markup.Escape(place.Id),
            node is { Phase: Phase.Running } ? Numbers.Show(node.Pid) : "-",
            Role(node, term),
            Numbers.Show(status?.Term),
            Numbers.Show(status?.Revision),
            Numbers.Show(status is null ? null : Math.Max(0, commit - status.AppliedIndex)),
            Markup.Escape(place.Http.GetLeftPart(UriPartial.Authority)),
            Uptime(node),
        ];
    }

    private static string Role(NodeState? node, long term) => node switch
    {
        null => "[yellow]starting[/]",
        { Phase: Phase.Restarting } => "[red]restarting[/]",
        { Phase: Phase.Down } => "[red]down[/]",
        { Status: null, HasAnswered: false } => "[yellow]starting[/]",
        { Status: null } => "[red]silent[/]",
        { Status: { Role: "leader" } status } when status.Term == term => "[green]leader[/]",
        { Status: var status, Ready: true } => Markup.Escape(status.Role),
        { Status: var status } => $"[yellow]{Markup.Escape(status.Role)}[/]",
    };

    private static string Uptime(NodeState? node)
    {
        if (node is not { Phase: Phase.Running })
        {
            return "-";
        }

        var uptime = Durations.Short(node.Uptime);
        return node.Restarts == 0 ? uptime : string.Create(CultureInfo.InvariantCulture, $"{uptime} (restart {node.Restarts})");
    }
}
