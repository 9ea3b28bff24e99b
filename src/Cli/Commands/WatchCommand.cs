using System.CommandLine;
using System.Globalization;
using System.Text;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl watch</c>: what happens, a line a change; or as the nodes write it, a JSON object a transaction.</summary>
internal static class WatchCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var from = new Option<long?>("--from")
        {
            Description = "From this revision on; 0 for all rows first. Default: from now on.",
            HelpName = "revision",
        };
        var table = new Option<string?>("--table") { Description = "Only rows of this table.", HelpName = "name" };
        var prefix = new Option<string?>("--prefix") { Description = "Only keys that begin so.", HelpName = "prefix" };
        var op = new Option<string?>("--op")
        {
            Description = "Only these changes: insert, update, delete, comma separated.",
            HelpName = "list",
        };
        var limit = new Option<long?>("--limit") { Description = "Ends after so many transactions.", HelpName = "number" };
        var command = new Command(
            "watch",
            "Follows what happens, until interrupted: revision, operation, table, key and value, tab separated; with --json the\n"
            + "whole transaction a line. Goes on at another node by itself, for as long as --timeout allows without one; then\n"
            + "standard error says where to go on.")
        {
            from, table, prefix, op, limit,
        };
        command.Validators.Add(result =>
        {
            if (result.Given(from) is < 0)
            {
                result.AddError("--from is 0 or more.");
            }

            if (result.Given(limit) is < 1)
            {
                result.AddError("--limit is 1 or more.");
            }

            if (result.Given(op) is { } text && Kinds(text) is null)
            {
                result.AddError($"--op is a list of insert, update, delete, not '{text}'.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, (context, client) => FollowAsync(
            context,
            client.Follow(new FeedQuery
            {
                From = context.Parsed.GetValue(from),
                Table = context.Parsed.GetValue(table),
                Prefix = context.Parsed.GetValue(prefix),
                Kinds = context.Parsed.GetValue(op) is { } text ? [.. Kinds(text)!] : [],
                Patience = context.Timeout,
            }),
            context.Parsed.GetValue(limit) ?? long.MaxValue)));
        return command;
    }

    private static async Task<int> FollowAsync(CommandContext context, ChangeFeed feed, long limit)
    {
        try
        {
            await foreach (var change in feed.WithCancellation(context.Cancellation))
            {
                await ShowAsync(context, change);
                if (--limit == 0)
                {
                    return ExitCodes.Ok;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Interrupted is how it ends.
            await SayWhereAsync(context, feed);
        }
        catch (ClusterUnavailableException)
        {
            await SayWhereAsync(context, feed);
            throw;
        }

        return ExitCodes.Ok;
    }

    private static async Task ShowAsync(CommandContext context, ChangeEvent change)
    {
        var lines = new StringBuilder();
        if (context.Json)
        {
            lines.AppendLine(Encoding.UTF8.GetString(change.Json.Span));
        }
        else
        {
            foreach (var row in change.Changes)
            {
                var value = (row.After ?? row.Before)?.Value ?? default;
                lines.AppendLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{change.Revision}\t{NameOf(row.Kind)}\t{row.Table}\t{RowText.Escaped(row.Key)}\t{RowText.Field(value)}"));
            }
        }

        // A transaction at a time, at once: who reads this waits for it.
        await context.Terminal.Out.WriteAsync(lines);
        await context.Terminal.Out.FlushAsync(context.Cancellation);
    }

    private static async Task SayWhereAsync(CommandContext context, ChangeFeed feed)
    {
        if (feed.Next is { } next)
        {
            await context.Terminal.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"--from {next} goes on here."));
        }
    }

    private static List<ChangeKind>? Kinds(string text)
    {
        var kinds = new List<ChangeKind>();
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            switch (name)
            {
                case "insert":
                    kinds.Add(ChangeKind.Insert);
                    break;
                case "update":
                    kinds.Add(ChangeKind.Update);
                    break;
                case "delete":
                    kinds.Add(ChangeKind.Delete);
                    break;
                default:
                    return null;
            }
        }

        return kinds;
    }

    private static string NameOf(ChangeKind kind) => kind switch
    {
        ChangeKind.Insert => "insert",
        ChangeKind.Update => "update",
        ChangeKind.Delete => "delete",
        _ => "snapshot",
    };
}
