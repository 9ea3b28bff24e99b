using System.CommandLine;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl delete</c>: removes one row, or all rows of a prefix at once.</summary>
internal static class DeleteCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var key = new Argument<string?>("key") { Description = "The row's key.", Arity = ArgumentArity.ZeroOrOne };
        var prefix = new Option<string?>("--prefix")
        {
            Description = "Removes every row whose key begins so, in one transaction.",
            HelpName = "prefix",
        };
        var all = new Option<bool>("--all") { Description = "Removes every row: needed when the prefix is empty or left out." };
        var command = new Command("delete", "Removes a row, or all rows with a prefix.") { key, prefix, all };
        var write = new WriteOptionsOf(command);
        command.Validators.Add(result =>
        {
            var one = result.Given(key) is not null;
            var many = result.Given(prefix) is not null || result.Given(all);
            if (one == many)
            {
                result.AddError("Name a key, or --prefix, or --all.");
            }
            else if (many && string.IsNullOrEmpty(result.Given(prefix)) && !result.Given(all))
            {
                result.AddError("An empty prefix is every row: add --all if that is meant.");
            }
            else if (result.Given(all) && !string.IsNullOrEmpty(result.Given(prefix)))
            {
                result.AddError("--all removes every row, --prefix only some: choose one.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, (context, client) => DeleteAsync(
            context,
            client,
            context.Parsed.GetValue(key),
            context.Parsed.GetValue(prefix) ?? "",
            write.From(context))));
        return command;
    }

    private static async Task<int> DeleteAsync(
        CommandContext context, RaftClusterClient client, string? key, string prefix, WriteOptions options) => key is not null
        ? await WriteReport.DeleteAsync(context, key, null, options, await client.DeleteAsync(key, options, context.Cancellation))
        : await WriteReport.DeleteAsync(context, null, prefix, options, await client.DeletePrefixAsync(prefix, options, context.Cancellation));
}
