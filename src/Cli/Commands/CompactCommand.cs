using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace RaftCluster.Cli;

/// <summary><c>raftctl compact</c>: drops history now, instead of when it grows too old.</summary>
internal static class CompactCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var keep = new Option<long?>("--keep")
        {
            Description = "The oldest revision that stays readable: from 1 to the newest. Default: the newest, so that all history goes.",
            HelpName = "revision",
        };
        var older = new Option<TimeSpan?>("--older")
        {
            Description = "Drops what is older than this, as 90s, 10m or 24h.",
            HelpName = "age",
            CustomParser = result => Durations.Parse(result),
        };
        var command = new Command("compact", "Drops history on every node; never current rows. The room comes back within seconds to minutes.")
        {
            keep,
            older,
        };
        command.Validators.Add(result =>
        {
            if (result.Given(keep) is < 1)
            {
                result.AddError("--keep is a revision, from 1.");
            }

            if (result.GetResult(keep) is not null && result.GetResult(older) is not null)
            {
                result.AddError("--keep and --older say the same thing twice: state one.");
            }
        });
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var revision = context.Parsed.GetValue(keep);
            var result = context.Parsed.GetValue(older) is { } age
                ? await client.CompactAsync(age, context.Cancellation)
                : await client.CompactAsync(
                    revision ?? Math.Max(1, (await client.GetStatusAsync(context.Cancellation)).Revision), context.Cancellation);
            await context.Terminal.Out.WriteLineAsync(context.Json
                ? JsonSerializer.Serialize(result, CliJson.Readable.CompactResult)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"history is kept from revision {result.OldestRevision} on; the cluster is at revision {result.Revision}"));
            return ExitCodes.Ok;
        }));
        return command;
    }
}
