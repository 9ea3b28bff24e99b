using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl table</c>: tables, made, shown and dropped.</summary>
internal static class TableCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals) => new("table", "Makes, shows and drops tables.")
    {
        Make(terminal, globals),
        Get(terminal, globals),
        List(terminal, globals),
        Drop(terminal, globals),
    };

    private static Command Make(Terminal terminal, GlobalOptions globals)
    {
        var name = Name();
        var columns = new Option<Column[]>("--column", "-c")
        {
            Description = "A column, as name:type, 'name:type?' when it may be null, and name:type=default; may be repeated. Without columns the rows are any JSON objects.",
            HelpName = "column",
            CustomParser = result => [.. result.Tokens.Select(token => ColumnText.Parse(result, token.Value))],
            Arity = ArgumentArity.OneOrMore,
        };
        var key = new Option<KeySource?>("--key")
        {
            Description = "Whose the keys are: given, or revision (the insert's, so that they sort in its order).",
            HelpName = "source",
        };
        var maxRows = Most("--max-rows", "The most rows it may hold: a write that would make more is refused. Default: any number.", "count");
        var maxBytes = Most("--max-bytes", "The most bytes that the keys and values of its rows may take together. Default: any.", "bytes");
        var definition = new Option<string?>("--definition")
        {
            Description = "The whole definition as JSON instead: text, '-' for standard input, '@file'.",
            HelpName = "json",
        };
        var change = new Option<bool>("--or-change") { Description = "Changes the table when it is there. Rows that would not fit stop it." };
        var command = new Command(
            "create",
            "Makes a table.\n\n"
            + "Types: string, number, boolean, object, array, any. A default is JSON, or text that is none; 'now' is the time of\n"
            + "the write and 'uuid' a new one, settled by the leader.\n\n"
            + "  raftctl table create users -c name:string -c 'email:string?' -c logins:number=0 -c since:string=now")
        {
            name, columns, key, maxRows, maxBytes, definition, change,
        };
        var write = new WriteOptionsOf(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(definition) is not null && (result.GetResult(columns) ?? result.GetResult(key) ?? result.GetResult(maxRows) ?? result.GetResult(maxBytes)) is not null)
            {
                result.AddError("--definition says everything: --column, --key, --max-rows and --max-bytes have no place beside it.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var table = context.Parsed.GetRequiredValue(name);
            var options = write.From(context);
            if (options.When == Precondition.None && !context.Parsed.GetValue(change))
            {
                options = options with { When = Precondition.Absent };
            }

            var result = context.Parsed.GetValue(definition) is { } json
                ? await client.Tables.DefineAsync(
                    table, await InputValue.ReadObjectAsync(terminal, json, "the definition", context.Cancellation), options, context.Cancellation)
                : await client.Tables.DefineAsync(
                    table,
                    Definition(context.Parsed.GetValue(columns), context.Parsed.GetValue(key)) with
                    {
                        MaxRows = context.Parsed.GetValue(maxRows),
                        MaxBytes = context.Parsed.GetValue(maxBytes),
                    },
                    options,
                    context.Cancellation);
            return await ReportAsync(context, table, result);
        }));
        return command;
    }

    private static Option<long?> Most(string name, string what, string unit)
    {
        var option = new Option<long?>(name) { Description = what, HelpName = unit };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            {
                result.AddError($"{name} is a whole number from 0.");
            }
        });
        return option;
    }

    private static Command Get(Terminal terminal, GlobalOptions globals)
    {
        var name = Name();
        var command = new Command("get", "Shows a table's definition, as JSON.") { name };
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var table = context.Parsed.GetRequiredValue(name);
            if (await client.Tables.GetAsync(table, cancellation: context.Cancellation) is not { } definition)
            {
                return context.Fail(ExitCodes.NotFound, "not-found", $"there is no table '{table}'");
            }

            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(definition, CliJson.Readable.TableDefinition));
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command List(Terminal terminal, GlobalOptions globals)
    {
        var command = new Command("list", "Lists the tables: a line each with name, revision and columns; NDJSON with --json.");
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            foreach (var table in await client.Tables.ListAsync(cancellation: context.Cancellation))
            {
                await terminal.Out.WriteLineAsync(context.Json
                    ? JsonSerializer.Serialize(table, CliJson.Readable.TableDefinition)
                    : string.Join('\t', table.Name, table.Revision?.ToString(CultureInfo.InvariantCulture) ?? "-", ColumnText.Of(table)));
            }

            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Drop(Terminal terminal, GlobalOptions globals)
    {
        var name = Name();
        var command = new Command("drop", "Drops a table with all its rows, in one transaction.") { name };
        var write = new WriteOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var table = context.Parsed.GetRequiredValue(name);
            return await ReportAsync(context, table, await client.Tables.DropAsync(table, write.From(context), context.Cancellation));
        }));
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "The table's name." };

    private static TableDefinition Definition(Column[]? columns, KeySource? key) =>
        new() { Columns = columns is { Length: > 0 } ? [.. columns] : null, Key = key };

    private static Task<int> ReportAsync(CommandContext context, string table, DefineResult result) => result switch
    {
        DefineResult.Defined done => DoneAsync(
            context, new TableLine(table, done.Created ? "created" : "changed", done.Revision), ExitCodes.Ok, result.Replayed),
        DefineResult.Refused refused => RefusedAsync(
            context, table, refused.CurrentRevision, "it is there already: add --or-change to change it", result.Replayed),
        _ => throw new InvalidOperationException($"no such result: {result}"),
    };

    private static Task<int> ReportAsync(CommandContext context, string table, DeleteResult result) => result switch
    {
        DeleteResult.Deleted done => DoneAsync(context, new TableLine(table, "dropped", done.Revision), ExitCodes.Ok, result.Replayed),
        DeleteResult.Accepted => DoneAsync(context, new TableLine(table, "accepted"), ExitCodes.Ok, result.Replayed),
        DeleteResult.Refused refused => RefusedAsync(
            context, table, refused.CurrentRevision, "its definition is another", result.Replayed),
        _ when context.Json => DoneAsync(context, new TableLine(table, "not-found"), ExitCodes.NotFound, result.Replayed),
        _ => Task.FromResult(context.Fail(ExitCodes.NotFound, "not-found", $"there is no table '{table}'")),
    };

    private static async Task<int> DoneAsync(CommandContext context, TableLine line, int exitCode, bool replayed)
    {
        if (context.Json)
        {
            line = line with { Replayed = replayed ? true : null };
            await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.TableLine));
        }
        else
        {
            var revision = line.Revision is { } at ? string.Create(CultureInfo.InvariantCulture, $", revision {at}") : " by the leader, not replicated yet";
            await WriteReport.SayAsync(context, line.Result + revision, replayed);
        }

        return exitCode;
    }

    private static Task<int> RefusedAsync(CommandContext context, string table, long? current, string why, bool replayed) => context.Json
        ? DoneAsync(context, new TableLine(table, "refused", CurrentRevision: current), ExitCodes.PreconditionFailed, replayed)
        : Task.FromResult(context.Fail(
            ExitCodes.PreconditionFailed,
            "precondition-failed",
            current is { } revision
                ? string.Create(CultureInfo.InvariantCulture, $"the table '{table}' was last defined at revision {revision}: {why}")
                : $"there is no table '{table}': nothing changed"));
}
