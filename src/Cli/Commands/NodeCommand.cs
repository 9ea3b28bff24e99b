using System.CommandLine;
using System.Text.Json;

namespace RaftCluster.Cli;

/// <summary><c>raftctl node</c>: takes a node out of the way for maintenance, and back.</summary>
internal static class NodeCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals) => new("node", "Prepares a node for maintenance.")
    {
        Change(terminal, globals, "drain", "Has a node hand over and not lead, also after a restart; it votes and replicates.", drained: true),
        Change(terminal, globals, "undrain", "Lets a drained node lead again.", drained: false),
    };

    private static Command Change(Terminal terminal, GlobalOptions globals, string name, string what, bool drained)
    {
        var node = new Argument<string>("node") { Description = "The node." };
        var command = new Command(name, what) { node };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var id = context.Parsed.GetRequiredValue(node);
            var leader = await client.DrainAsync(id, drained, context.Cancellation);
            await context.Terminal.Out.WriteLineAsync(context.Json
                ? JsonSerializer.Serialize(
                    new LeaderLine(leader?.Id, leader?.Url?.GetLeftPart(UriPartial.Authority), id, drained), CliJson.Readable.LeaderLine)
                : $"{id} is {(drained ? "drained" : "no longer drained")}; {(leader is null ? "nobody leads" : $"{leader.Id} leads")}");
            return ExitCodes.Ok;
        }));
        return command;
    }
}
