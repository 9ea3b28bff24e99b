using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using RaftCluster.Client;
using Spectre.Console;

namespace RaftCluster.Cli;

/// <summary><c>raftctl status</c>: every member's own view, side by side.</summary>
internal static class StatusCommand
{
    /// <summary>A node that does not say how it is within this time is as good as away.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var disk = new Option<bool>("--disk") { Description = "Shows what each node's disk holds too, by what it is." };
        var command = new Command("status", "Shows every member: role, term, positions, state hash, lag, room on its disk.") { disk };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var patience = context.Timeout < _patience ? context.Timeout : _patience;
            var status = StatusReport.Of(await ViewsAsync(client, context.Nodes, patience, context.Cancellation));
            return await ShowAsync(context, status, disk);
        }));
        return command;
    }

    /// <summary>The views of the named nodes, and of the members that only those know.</summary>
    internal static async Task<ImmutableArray<NodeView>> ViewsAsync(
        RaftClusterClient client, ImmutableArray<Uri> endpoints, TimeSpan patience, CancellationToken cancellation)
    {
        var views = await Task.WhenAll(endpoints.Select(at => NodeView.AskAsync(client, at, patience, cancellation)));
        var known = views.Where(view => view.Status is not null).Select(view => view.Status!.Node).ToHashSet();
        var members = views.SelectMany(view => view.Status?.Members ?? []).DistinctBy(member => member.Id).ToArray();
        var others = members.Where(member => member.Url is not null && !known.Contains(member.Id) && !endpoints.Contains(member.Url));
        var more = await Task.WhenAll(others.Select(member => NodeView.AskAsync(client, member.Url!, patience, cancellation)));
        // Two endpoints may lead to the same node; it is shown once.
        return [.. views.Concat(more)
            .Select(view => view with { Id = view.Status?.Node ?? members.FirstOrDefault(member => member.Url == view.Url)?.Id })
            .DistinctBy(view => view.Id ?? view.Url.AbsoluteUri)
            .OrderBy(view => view.Id, StringComparer.Ordinal)];
    }

    private static async Task<int> ShowAsync(CommandContext context, StatusReport report, Option<bool> disk)
    {
        if (context.Json)
        {
            await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(report.ToLine(), CliJson.Readable.StatusLine));
        }
        else
        {
            context.Terminal.Canvas.Write(TableOf(report));
            if (context.Parsed.GetValue(disk))
            {
                context.Terminal.Canvas.Write(DisksOf(report));
            }

            foreach (var view in report.Views.Where(view => view.Status is null))
            {
                await context.Terminal.Error.WriteLineAsync($"raftctl: {view.Id ?? view.Url.Authority} is unreachable: {view.Failure}");
            }
        }

        foreach (var (id, backup) in report.Views.Select(view => (view.Id, view.Status?.Backup)))
        {
            if (backup?.Error is { } error)
            {
                await context.Terminal.Error.WriteLineAsync($"raftctl: the backups of {id} fail: {error}");
            }
        }

        if (!context.Json && report.VersionSkew is { } skew)
        {
            await context.Terminal.Error.WriteLineAsync($"raftctl: {skew}");
        }

        if (report.ReplicasDiffer)
        {
            return context.Fail(
                ExitCodes.ReplicasDiffer, "replicas-differ", "nodes at the same revision have different state hashes",
                "Stop writing, keep all data folders, and rebuild the node that differs from the others.");
        }

        if (report.Views.All(view => view.Status is null))
        {
            return context.Fail(
                ExitCodes.Unavailable, "unreachable", "no node could be reached",
                "Start a cluster with 'raftctl up', or name its nodes with --endpoints or RAFT_ENDPOINTS.");
        }

        return report.Leader is not null
            ? ExitCodes.Ok
            : context.Fail(ExitCodes.Unavailable, "no-leader", "no reachable node leads", "A majority of the members must run and reach each other.");
    }

    private static Table TableOf(StatusReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("node", "role")
            .AddNumbers("term", "commit", "applied", "revision", "lag").AddColumns("state hash", "disk", "http");
        foreach (var view in report.Views)
        {
            var url = Markup.Escape(view.Url.GetLeftPart(UriPartial.Authority));
            _ = view.Status is { } status
                ? table.AddRow(
                    Markup.Escape(status.Node),
                    status.Node == report.Leader ? "[green]leader[/]"
                        : status.Rebuilding is not null ? "[yellow]rebuilding[/]"
                        : status.Drained ? "[yellow]drained[/]" : Markup.Escape(status.Role),
                    Numbers.Show(status.Term), Numbers.Show(status.CommitIndex), Numbers.Show(status.AppliedIndex), Numbers.Show(status.Revision),
                    report.SnapshotPercentOf(view) is { } percent ? $"snapshot {percent} %" : Numbers.Show(report.LagOf(view)),
                    Markup.Escape(status.StateHash ?? "-"), DiskOf(status.Disk), url)
                : table.AddRow(Markup.Escape(view.Id ?? "?"), "[red]unreachable[/]", "-", "-", "-", "-", "-", "-", "-", url);
        }

        return table;
    }

    private static string DiskOf(DiskInfo? disk) => disk switch
    {
        null => "-",
        { Low: true } => $"[red]low: {Bytes.Show(disk.Free)} free[/]",
        _ => $"{Bytes.Show(disk.Free)} free",
    };

    private static Table DisksOf(StatusReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("disk")
            .AddNumbers("rows", "log", "spare", "snapshots", "backups", "aside", "other", "free", "total", "reserve");
        foreach (var (node, disk) in report.Views.Where(view => view.Status?.Disk is not null).Select(view => (view.Status!.Node, view.Status.Disk!)))
        {
            long[] sizes = [disk.Rows, disk.Log, disk.Spare, disk.Snapshots, disk.Backups, disk.Aside, disk.Other, disk.Free, disk.Total, disk.Reserve];
            _ = table.AddRow([Markup.Escape(node), .. sizes.Select(Bytes.Show)]);
        }

        return table;
    }
}
