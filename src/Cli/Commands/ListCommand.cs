using System.CommandLine;

namespace RaftCluster.Cli;

/// <summary><c>raftctl list</c>: rows in key order, as a table, as tab separated lines, or as NDJSON.</summary>
internal static class ListCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var command = new Command("list", "Lists rows: a table on a terminal, tab separated lines in a pipe, NDJSON with --json.");
        var range = new RangeOptionsOf(command);
        var read = new ReadOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, (context, client) =>
        {
            var (query, options) = (range.From(context.Parsed), read.From(context.Parsed));
            return range.Counts(context.Parsed)
                ? Listing.CountAsync(context, client.CountAsync(query, options, context.Cancellation))
                : Listing.ShowAsync(context, query, asked => client.ListAsync(asked, options, context.Cancellation), asJson: false);
        }));
        return command;
    }
}
