using System.CommandLine;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl leader</c>: who leads, and who is to.</summary>
internal static class LeaderCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var to = new Argument<string?>("node")
        {
            Description = "The node that is to lead. Default: the one that has the most of the log.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var transfer = new Command("transfer", "Has the leader hand over; writes wait for some milliseconds and none is lost.") { to };
        transfer.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
            await ShowAsync(context, await client.TransferLeadershipAsync(context.Parsed.GetValue(to), context.Cancellation))));
        var show = new Command("show", "Shows who leads, as the first node that answers knows it.");
        show.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var status = await client.GetStatusAsync(context.Cancellation);
            return status.Leader is { } leader
                ? await ShowAsync(context, leader)
                : context.Fail(
                    ExitCodes.Unavailable, "no-leader", $"{status.Node} knows no leader",
                    "A majority of the members must run and reach each other; with --failover manual, 'raftctl failover' makes one.");
        }));
        return new Command("leader", "Shows who leads, or hands the leadership over.") { transfer, show };
    }

    /// <summary>Prints who leads.</summary>
    internal static async Task<int> ShowAsync(CommandContext context, LeaderInfo? leader)
    {
        await context.Terminal.Out.WriteLineAsync(context.Json
            ? JsonSerializer.Serialize(new LeaderLine(leader?.Id, leader?.Url?.GetLeftPart(UriPartial.Authority)), CliJson.Readable.LeaderLine)
            : leader is null ? "nobody leads" : $"{leader.Id} leads");
        return ExitCodes.Ok;
    }
}

internal sealed record LeaderLine(string? Leader, string? Url, string? Node = null, bool? Drained = null);
