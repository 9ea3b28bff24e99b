using System.Globalization;
using System.Text.Json;
using RaftCluster.Client;
using Spectre.Console;

namespace RaftCluster.Cli;

/// <summary>Rows for people, for scripts, and for programs.</summary>
internal static class Listing
{
    /// <summary>How many rows a person is shown who did not say how many.</summary>
    private const int Screenful = 100;

    internal static async Task<int> CountAsync(CommandContext context, Task<long> counting)
    {
        var rows = await counting;
        await context.Terminal.Out.WriteLineAsync(context.Json
            ? JsonSerializer.Serialize(new CountLine(rows), CliJson.Default.CountLine)
            : rows.ToString(CultureInfo.InvariantCulture));
        return ExitCodes.Ok;
    }

    /// <summary>Shows rows.</summary>
    /// <param name="context">The command.</param>
    /// <param name="query">Which.</param>
    /// <param name="list">Lists them.</param>
    /// <param name="asJson">Whether their values are JSON, as a table's are, and not bytes.</param>
    internal static Task<int> ShowAsync(
        CommandContext context, RangeQuery query, Func<RangeQuery, IAsyncEnumerable<Row>> list, bool asJson) =>
        context.Json ? JsonAsync(context, query, list(query), asJson)
        : context.Terminal.IsInteractive ? TableAsync(context, query, list)
        : LinesAsync(context, query, list(query));

    private static async Task<int> JsonAsync(CommandContext context, RangeQuery query, IAsyncEnumerable<Row> rows, bool asJson)
    {
        await foreach (var row in rows)
        {
            await context.Terminal.Out.WriteLineAsync(asJson
                ? JsonSerializer.Serialize(RowText.JsonLine(row, withValue: !query.KeysOnly), CliJson.Readable.JsonRowLine)
                : JsonSerializer.Serialize(RowText.Line(row, withValue: !query.KeysOnly), CliJson.Readable.RowLine));
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> LinesAsync(CommandContext context, RangeQuery query, IAsyncEnumerable<Row> rows)
    {
        await foreach (var row in rows)
        {
            await context.Terminal.Out.WriteLineAsync(query.KeysOnly
                ? RowText.Escaped(row.Key)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{RowText.Escaped(row.Key)}\t{row.Revision}\t{row.Version}\t{RowText.Field(row.Value)}"));
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> TableAsync(
        CommandContext context, RangeQuery query, Func<RangeQuery, IAsyncEnumerable<Row>> list)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("key");
        _ = table.AddNumbers("revision", "version");
        if (!query.KeysOnly)
        {
            _ = table.AddColumn("value");
        }

        var shown = 0;
        var more = false;
        // One row more than shown tells whether there are more.
        await foreach (var row in list(query with { Limit = query.Limit ?? Screenful + 1 }))
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
