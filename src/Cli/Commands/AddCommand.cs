using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl add</c>: a counter, in one step.</summary>
internal static class AddCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var key = new Argument<string>("key") { Description = "The row's key." };
        var by = new Argument<decimal>("by") { Description = "How much, as 1 or -0.5.", CustomParser = Number };
        var table = new Option<string?>("--table") { Description = "The row's table; with --column.", HelpName = "name" };
        var column = new Option<string?>("--column") { Description = "The column to add to.", HelpName = "name" };
        var command = new Command(
            "add",
            "Adds to a number, and prints the sum. What is not there counts as 0. However often the command is sent, it adds once.\n\n"
            + "  raftctl add visits 1\n"
            + "  raftctl add ada -5 --table accounts --column balance")
        {
            key, by, table, column,
        };
        var write = new WriteOptionsOf(command, conditions: false);
        command.Validators.Add(result =>
        {
            if (result.GetResult(table) is null != result.GetResult(column) is null)
            {
                result.AddError("--table and --column go together.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var name = context.Parsed.GetRequiredValue(key);
            var row = context.Parsed.GetValue(table) is { } other ? RowAddress.In(other, name) : RowAddress.Kv(name);
            var adding = row.Add(context.Parsed.GetRequiredValue(by), context.Parsed.GetValue(column));
            var result = await client.Transaction().Then(adding).CommitAsync(write.From(context), context.Cancellation);
            var sum = result.Of(adding);
            if (context.Json)
            {
                var line = new AddLine(
                    name, RowText.Parsed(Encoding.UTF8.GetBytes(sum.Text)), sum.Revision, sum.Version, result.Replayed ? true : null);
                await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.AddLine));
            }
            else
            {
                await terminal.Out.WriteLineAsync(sum.Text);
            }

            return ExitCodes.Ok;
        }));
        return command;
    }

    private static decimal Number(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            result.AddError($"'{text}' is no number; write 1 or -0.5.");
        }

        return number;
    }
}
