using System.CommandLine;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl failover</c>: has a node stand for election when nobody leads, as under <c>--failover manual</c>.</summary>
internal static class FailoverCommand
{
    /// <summary>A node that does not say how it is within this time is as good as away.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var to = new Option<string?>("--to")
        {
            Description = "The node that is to lead. Default: the reachable one that has the most of the log.",
            HelpName = "node",
        };
        var command = new Command("failover", "Makes a node the leader when there is none; a live leader is left alone.") { to };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            if ((context.Parsed.GetValue(to) ?? await BestAsync(client, context.Nodes, context.Cancellation)) is not { } node)
            {
                return context.Fail(
                    ExitCodes.Unavailable, "unreachable", "no node could be reached",
                    "Name the nodes with --endpoints or RAFT_ENDPOINTS.");
            }

            return await LeaderCommand.ShowAsync(context, await client.FailOverAsync(node, context.Cancellation));
        }));
        return command;
    }

    /// <summary>Who is likely to be elected; the voters decide by their own logs, so a wrong guess does no harm.</summary>
    private static async Task<string?> BestAsync(RaftClusterClient client, IEnumerable<Uri> endpoints, CancellationToken cancellation)
    {
        var views = await Task.WhenAll(endpoints.Select(at => NodeView.AskAsync(client, at, _patience, cancellation)));
        return views
            .Select(view => view.Status)
            .Where(status => status is { Drained: false, Rebuilding: null })
            .OrderByDescending(status => status!.LastIndex)
            .ThenBy(status => status!.Node, StringComparer.Ordinal)
            .FirstOrDefault()?.Node;
    }
}
