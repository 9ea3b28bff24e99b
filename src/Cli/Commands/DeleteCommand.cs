using System.CommandLine;
using System.Globalization;
using System.Text.Json;
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
            write.From(context.Parsed))));
        return command;
    }

    private static async Task<int> DeleteAsync(
        CommandContext context, RaftClusterClient client, string? key, string prefix, WriteOptions options)
    {
        var result = key is not null
            ? await client.DeleteAsync(key, options, context.Cancellation)
            : await client.DeletePrefixAsync(prefix, options, context.Cancellation);
        if (context.Json)
        {
            var line = result switch
            {
                DeleteResult.Deleted done => new DeleteLine(key, key is null ? prefix : null, "deleted", done.Revision, done.Count),
                DeleteResult.Accepted => new DeleteLine(key, key is null ? prefix : null, "accepted"),
                DeleteResult.NotFound => new DeleteLine(key, null, "not-found"),
                DeleteResult.Refused refused => new DeleteLine(key, null, "refused", CurrentRevision: refused.CurrentRevision),
                _ => throw new InvalidOperationException($"no such result: {result}"),
            };
            await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.DeleteLine));
            return ExitCodeOf(result);
        }

        switch (result)
        {
            case DeleteResult.Refused refused:
                return Refusal.Report(context, key ?? prefix, options.When, refused.CurrentRevision);
            case DeleteResult.NotFound:
                return context.Fail(ExitCodes.NotFound, "not-found", $"there is no row '{key}'");
            case DeleteResult.Deleted deleted:
                await context.Terminal.Out.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"deleted {deleted.Count} {(deleted.Count == 1 ? "row" : "rows")}, revision {deleted.Revision}"));
                break;
            default:
                await context.Terminal.Out.WriteLineAsync("accepted by the leader, not replicated yet");
                break;
        }

        return ExitCodes.Ok;
    }

    private static int ExitCodeOf(DeleteResult result) => result switch
    {
        DeleteResult.Refused => ExitCodes.PreconditionFailed,
        DeleteResult.NotFound => ExitCodes.NotFound,
        _ => ExitCodes.Ok,
    };
}
