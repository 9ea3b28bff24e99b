using System.CommandLine;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl elect</c>: runs a command while it leads; shows and follows who does.</summary>
internal static class ElectCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var name = Name();
        var value = new Option<string>("--value")
        {
            Description = "What the leader says of itself, as its address.",
            HelpName = "text",
            Required = true,
        };
        var command = new Command(
            "elect",
            "Campaigns until elected, runs a command while it leads, and resigns.\n\n"
            + "  raftctl elect scheduler --value 10.0.0.7:80 -- ./scheduler\n\n"
            + "The election is the lock of its name, and all that 'raftctl lock --help' says holds here too. The leader's value is\n"
            + "the row 'elections/NAME'.")
        {
            name, value,
            Leader(terminal, globals),
            Watch(terminal, globals),
        };
        var hold = new HoldOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var lead = await client.Elections.CampaignAsync(
                context.Parsed.GetRequiredValue(name),
                context.Parsed.GetRequiredValue(value),
                hold.From(context.Parsed),
                context.Cancellation);
            return await HeldRun.RunAsync(
                context, new Hold("lead", lead.Fence, lead.ResignAsync, lead.Lost), hold.Command(context.Parsed), hold.Grace(context.Parsed));
        }));
        return command;
    }

    private static Command Leader(Terminal terminal, GlobalOptions globals)
    {
        var name = Name();
        var command = new Command("leader", "Prints what the leader says of itself; exit code 1 when nobody leads.") { name };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var election = context.Parsed.GetRequiredValue(name);
            var leader = await client.Elections.GetLeaderAsync(election, cancellation: context.Cancellation);
            if (leader is null && !context.Json)
            {
                return context.Fail(ExitCodes.NotFound, "no-leader", $"nobody leads '{election}'");
            }

            await ShowAsync(context, election, leader);
            return leader is null ? ExitCodes.NotFound : ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Watch(Terminal terminal, GlobalOptions globals)
    {
        var name = Name();
        var command = new Command("watch", "Prints who leads, and each change, until interrupted; an empty line when nobody does.") { name };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var election = context.Parsed.GetRequiredValue(name);
            try
            {
                await foreach (var leader in client.Elections.ObserveAsync(election, context.Cancellation))
                {
                    await ShowAsync(context, election, leader);
                }
            }
            catch (OperationCanceledException)
            {
                // Interrupted is how it ends.
            }

            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "The election's name." };

    private static Task ShowAsync(CommandContext context, string election, ElectedLeader? leader) =>
        context.Terminal.Out.WriteLineAsync(context.Json
            ? JsonSerializer.Serialize(new ElectedLine(election, leader?.Value, leader?.Revision), CliJson.Readable.ElectedLine)
            : leader?.Value ?? "");
}
