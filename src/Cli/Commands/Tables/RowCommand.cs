using System.CommandLine;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl row</c>: the JSON rows of a table.</summary>
internal static class RowCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals) => new(
        "row",
        "Reads and writes the JSON rows of a table.\n\n"
        + "  raftctl row put users 1 '{\"name\":\"Ada\"}'\n"
        + "  raftctl row patch users 1 '{\"email\":\"ada@example.com\"}'\n"
        + "  raftctl row list users --where name:eq:Ada --where logins:ge:1")
    {
        Get(terminal, globals),
        Put(terminal, globals),
        Patch(terminal, globals),
        Insert(terminal, globals),
        Delete(terminal, globals),
        List(terminal, globals),
    };

    private static Command Get(Terminal terminal, GlobalOptions globals)
    {
        var (table, key) = (TableName(), Key());
        var command = new Command("get", "Prints a row's JSON; with --json also what is known of it.") { table, key };
        var read = new ReadOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var name = context.Parsed.GetRequiredValue(key);
            var (row, source) = await Rows(context, client, table).GetAsync(name, read.From(context.Parsed), context.Cancellation);
            if (context.Json)
            {
                var line = row is null ? new JsonRowLine(name, Found: false) : RowText.JsonLine(row, withValue: true, source);
                await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.JsonRowLine));
                return row is null ? ExitCodes.NotFound : ExitCodes.Ok;
            }

            if (row is null)
            {
                return context.Fail(ExitCodes.NotFound, "not-found", $"there is no row '{name}'");
            }

            await terminal.Out.WriteLineAsync(row.Text);
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Put(Terminal terminal, GlobalOptions globals)
    {
        var (table, key, value) = (TableName(), Key(), InputValue.Argument("json", "The row, a JSON object"));
        var ttl = new Option<TimeSpan?>("--ttl")
        {
            Description = "The row goes away after this time, as 30s.",
            HelpName = "time",
            CustomParser = result => Durations.Parse(result),
        };
        var lease = new Option<long?>("--lease") { Description = "The row goes away with this lease.", HelpName = "id" };
        var command = new Command("put", "Writes a row, whole.") { table, key, value, ttl, lease };
        var write = new WriteOptionsOf(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(ttl) is not null && result.GetResult(lease) is not null)
            {
                result.AddError("--ttl and --lease exclude each other.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var name = context.Parsed.GetRequiredValue(key);
            var json = await JsonAsync(context, value, "the row");
            var options = write.From(context) with
            {
                TimeToLive = context.Parsed.GetValue(ttl),
                Lease = context.Parsed.GetValue(lease),
            };
            var result = await Rows(context, client, table).PutAsync(name, json, options, context.Cancellation);
            return await WriteReport.PutAsync(context, name, options, result);
        }));
        return command;
    }

    private static Command Patch(Terminal terminal, GlobalOptions globals)
    {
        var (table, key, value) = (TableName(), Key(), InputValue.Argument("json", "The changes, a JSON object"));
        var command = new Command("patch", "Changes some columns of a row (RFC 7396): null takes a member away.") { table, key, value };
        var write = new WriteOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var name = context.Parsed.GetRequiredValue(key);
            var json = await JsonAsync(context, value, "the patch");
            var options = write.From(context);
            var result = await Rows(context, client, table).PatchAsync(name, json, options, context.Cancellation);
            return await WriteReport.PutAsync(context, name, options, result);
        }));
        return command;
    }

    private static Command Insert(Terminal terminal, GlobalOptions globals)
    {
        var (table, value) = (TableName(), InputValue.Argument("json", "The row, a JSON object"));
        var command = new Command("insert", "Writes a new row and prints the key that was made for it.") { table, value };
        var write = new WriteOptionsOf(command, conditions: false);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var json = await JsonAsync(context, value, "the row");
            var result = await Rows(context, client, table).InsertAsync(json, write.From(context), context.Cancellation);
            await terminal.Out.WriteLineAsync(context.Json
                ? JsonSerializer.Serialize(
                    new PutLine(result.Key, "created", result.Revision, result.Version, Replayed: result.Replayed ? true : null),
                    CliJson.Readable.PutLine)
                : result.Key);
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Delete(Terminal terminal, GlobalOptions globals)
    {
        var (table, key) = (TableName(), Key());
        var command = new Command("delete", "Removes a row.") { table, key };
        var write = new WriteOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var name = context.Parsed.GetRequiredValue(key);
            var options = write.From(context);
            var result = await Rows(context, client, table).DeleteAsync(name, options, context.Cancellation);
            return await WriteReport.DeleteAsync(context, name, prefix: null, options, result);
        }));
        return command;
    }

    private static Command List(Terminal terminal, GlobalOptions globals)
    {
        var table = TableName();
        var where = new Option<Filter[]>("--where", "-w")
        {
            Description = "Only rows of which this holds, as column:op:value with op one of eq, ne, lt, le, gt, ge; all of several must hold.",
            HelpName = "filter",
            CustomParser = result => [.. result.Tokens.Select(token => FilterOf(result, token.Value))],
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("list", "Lists rows: a table on a terminal, tab separated lines in a pipe, NDJSON with --json.") { table, where };
        var range = new RangeOptionsOf(command);
        var read = new ReadOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, (context, client) =>
        {
            var query = range.From(context.Parsed) with { Where = [.. context.Parsed.GetValue(where) ?? []] };
            var options = read.From(context.Parsed);
            var rows = Rows(context, client, table);
            return range.Counts(context.Parsed)
                ? Listing.CountAsync(context, rows.CountAsync(query, options, context.Cancellation))
                : Listing.ShowAsync(context, query, asked => rows.ListAsync(asked, options, context.Cancellation), asJson: true);
        }));
        return command;
    }

    private static Argument<string> TableName() => new("table") { Description = "The table." };

    private static Argument<string> Key() => new("key") { Description = "The row's key." };

    private static TableClient Rows(CommandContext context, RaftClusterClient client, Argument<string> table) =>
        client.Table(context.Parsed.GetRequiredValue(table));

    private static Task<byte[]> JsonAsync(CommandContext context, Argument<string?> value, string what) =>
        InputValue.ReadObjectAsync(context.Terminal, context.Parsed.GetValue(value) ?? "-", what, context.Cancellation);

    private static Filter FilterOf(System.CommandLine.Parsing.ArgumentResult result, string text)
    {
        try
        {
            return Filter.Parse(text);
        }
        catch (FormatException wrong)
        {
            result.AddError(wrong.Message);
            return default;
        }
    }
}
