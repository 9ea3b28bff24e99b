using System.CommandLine;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl get</c>: one row's value to standard output, byte for byte.</summary>
internal static class GetCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var key = new Argument<string>("key") { Description = "The row's key." };
        var command = new Command("get", "Prints a value, byte for byte; with --json also what is known of it.") { key };
        var read = new ReadOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, (context, client) =>
            GetAsync(context, client, context.Parsed.GetRequiredValue(key), read.From(context.Parsed))));
        return command;
    }

    private static async Task<int> GetAsync(CommandContext context, RaftClusterClient client, string key, ReadOptions options)
    {
        var terminal = context.Terminal;
        var (row, source) = await client.GetAsync(key, options, context.Cancellation);
        if (context.Json)
        {
            var line = row is not null
                ? RowText.Line(row, withValue: true, source)
                : new RowLine(key, Found: false, null, null, null, null, null, null);
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.RowLine));
            return row is null ? ExitCodes.NotFound : ExitCodes.Ok;
        }

        if (row is null)
        {
            return context.Fail(ExitCodes.NotFound, "not-found", $"there is no row '{key}'");
        }

        await terminal.OutBytes.WriteAsync(row.Value, context.Cancellation);
        if (terminal.IsInteractive && !row.Value.Span.EndsWith("\n"u8))
        {
            // The prompt belongs on a line of its own; a pipe gets the value and nothing else.
            await terminal.OutBytes.WriteAsync("\n"u8.ToArray(), context.Cancellation);
        }

        await terminal.OutBytes.FlushAsync(context.Cancellation);
        return ExitCodes.Ok;
    }
}
