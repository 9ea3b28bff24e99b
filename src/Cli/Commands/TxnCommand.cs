using System.CommandLine;
using System.Text;

namespace RaftCluster.Cli;

/// <summary><c>raftctl txn</c>: a transaction from a file, its answer to standard output.</summary>
internal static class TxnCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var file = new Argument<string>("file") { Description = "The file with the transaction, a JSON object; '-' for standard input." };
        var command = new Command(
            "txn",
            "Does several things in one revision, or none: if all conditions hold what 'then' says, else what 'else' says.\n"
            + "Prints the answer, a JSON object. Exit code 3 when the conditions did not hold.\n\n"
            + "  {\"if\":   [{\"table\":\"accounts\",\"key\":\"ada\",\"column\":\"balance\",\"op\":\"ge\",\"value\":5}],\n"
            + "   \"then\": [{\"op\":\"add\",\"table\":\"accounts\",\"key\":\"ada\",\"column\":\"balance\",\"by\":-5},\n"
            + "            {\"op\":\"add\",\"table\":\"accounts\",\"key\":\"ben\",\"column\":\"balance\",\"by\":5}],\n"
            + "   \"else\": [{\"op\":\"get\",\"table\":\"accounts\",\"key\":\"ada\"}]}\n\n"
            + "Operations: put, delete, deleteRange, get, range, patch, add. Conditions: revision, version, created, exists, value,\n"
            + "or a column's value; op is one of eq, ne, lt, le, gt, ge. The table is kv unless it is said.")
        {
            file,
        };
        var write = new WriteOptionsOf(command, conditions: false);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var name = context.Parsed.GetRequiredValue(file);
            var json = await InputValue.ReadObjectAsync(
                terminal, name == "-" ? name : "@" + name, "the transaction", context.Cancellation);
            var result = await client.CommitAsync(json, write.From(context), context.Cancellation);
            await terminal.Out.WriteLineAsync(Encoding.UTF8.GetString(result.Json.Span));
            return result.Succeeded ? ExitCodes.Ok : ExitCodes.PreconditionFailed;
        }));
        return command;
    }
}
