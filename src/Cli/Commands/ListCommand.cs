using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RaftCluster.Client;
using Spectre.Console;

namespace RaftCluster.Cli;

/// <summary><c>raftctl list</c>: rows in key order, as a table, as tab separated lines, or as NDJSON.</summary>
internal static class ListCommand
{
    /// <summary>How many rows a person is shown who did not say how many.</summary>
    private const int Screenful = 100;

    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var prefix = new Option<string?>("--prefix") { Description = "Only keys that begin so.", HelpName = "prefix" };
        var start = new Option<string?>("--start") { Description = "From this key on.", HelpName = "key" };
        var end = new Option<string?>("--end") { Description = "Up to this key, without it.", HelpName = "key" };
        var limit = new Option<long?>("--limit") { Description = "At most so many rows.", HelpName = "rows" };
        var keys = new Option<bool>("--keys") { Description = "Only the keys." };
        var count = new Option<bool>("--count") { Description = "Only how many there are." };
        var descending = new Option<bool>("--desc") { Description = "From the last key to the first." };
        var command = new Command("list", "Lists rows: a table on a terminal, tab separated lines in a pipe, NDJSON with --json.")
        {
            prefix, start, end, limit, keys, count, descending,
        };
        var read = new ReadOptionsOf(command);
        command.Validators.Add(result =>
        {
            if (result.Given(prefix) is not null && (result.Given(start) ?? result.Given(end)) is not null)
            {
                result.AddError("--prefix and --start or --end exclude each other.");
            }

            if (result.Given(limit) is < 1)
            {
                result.AddError("--limit is 1 or more.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, (context, client) =>
        {
            var query = new RangeQuery
            {
                Prefix = context.Parsed.GetValue(prefix),
                Start = context.Parsed.GetValue(start),
                End = context.Parsed.GetValue(end),
                Limit = context.Parsed.GetValue(limit),
                KeysOnly = context.Parsed.GetValue(keys),
                Descending = context.Parsed.GetValue(descending),
            };
            var options = read.From(context.Parsed);
            return context.Parsed.GetValue(count) ? CountAsync(context, client, query, options)
                : context.Json ? JsonAsync(context, client, query, options)
                : terminal.IsInteractive ? TableAsync(context, client, query, options)
                : LinesAsync(context, client, query, options);
        }));
        return command;
    }

    private static async Task<int> CountAsync(CommandContext context, RaftClusterClient client, RangeQuery query, ReadOptions options)
    {
        var rows = await client.CountAsync(query, options, context.Cancellation);
        await context.Terminal.Out.WriteLineAsync(context.Json
            ? JsonSerializer.Serialize(new CountLine(rows), CliJson.Default.CountLine)
            : rows.ToString(CultureInfo.InvariantCulture));
        return ExitCodes.Ok;
    }

    private static async Task<int> JsonAsync(CommandContext context, RaftClusterClient client, RangeQuery query, ReadOptions options)
    {
        await foreach (var row in client.ListAsync(query, options, context.Cancellation))
        {
            var line = JsonSerializer.Serialize(RowText.Line(row, withValue: !query.KeysOnly), CliJson.Readable.RowLine);
            await context.Terminal.Out.WriteLineAsync(line);
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> LinesAsync(CommandContext context, RaftClusterClient client, RangeQuery query, ReadOptions options)
    {
        await foreach (var row in client.ListAsync(query, options, context.Cancellation))
        {
            await context.Terminal.Out.WriteLineAsync(query.KeysOnly
                ? RowText.Escaped(row.Key)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{RowText.Escaped(row.Key)}\t{row.Revision}\t{row.Version}\t{RowText.Field(row.Value)}"));
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> TableAsync(CommandContext context, RaftClusterClient client, RangeQuery query, ReadOptions options)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("key");
        _ = table.AddColumn(new TableColumn("revision").RightAligned()).AddColumn(new TableColumn("version").RightAligned());
        if (!query.KeysOnly)
        {
            _ = table.AddColumn("value");
        }

        var shown = 0;
        var more = false;
        // One row more than shown tells whether there are more.
        await foreach (var row in client.ListAsync(query with { Limit = query.Limit ?? Screenful + 1 }, options, context.Cancellation))
        {
            if (query.Limit is null && shown == Screenful)
            {
                more = true;
                break;
            }

            shown++;
            string[] cells =
            [
                RowText.Escaped(row.Key),
                row.Revision.ToString(CultureInfo.InvariantCulture),
                row.Version.ToString(CultureInfo.InvariantCulture),
            ];
            _ = table.AddRow([.. (query.KeysOnly ? cells : [.. cells, RowText.Preview(row.Value, 60)]).Select(Markup.Escape)]);
        }

        if (shown > 0)
        {
            context.Terminal.Canvas.Write(table);
        }

        if (shown == 0)
        {
            await context.Terminal.Error.WriteLineAsync("no rows");
        }
        else if (more)
        {
            await context.Terminal.Error.WriteLineAsync($"The first {Screenful} rows; --limit shows more, --count tells how many there are.");
        }

        return ExitCodes.Ok;
    }
}
