using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl put</c>: writes one row from the command line, standard input or a file.</summary>
internal static class PutCommand
{
    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var key = new Argument<string>("key") { Description = "The row's key." };
        var value = new Argument<string?>("value")
        {
            Description = "The value: text, '-' for standard input (also when left out), '@file' for a file's bytes, '@@…' for text that begins with '@'.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var contentType = new Option<string?>("--content-type")
        {
            Description = "The value's media type. Default for text on the command line: text/plain.",
            HelpName = "type",
        };
        var command = new Command("put", "Writes a row.") { key, value, contentType };
        var write = new WriteOptionsOf(command);
        command.SetAction(CommandContext.ClientAction(terminal, globals, async (context, client) =>
        {
            var (bytes, type) = await ValueAsync(terminal, context.Parsed.GetValue(value) ?? "-", context.Cancellation);
            var options = write.From(context.Parsed) with { ContentType = context.Parsed.GetValue(contentType) ?? type };
            return await PutAsync(context, client, context.Parsed.GetRequiredValue(key), bytes, options);
        }));
        return command;
    }

    private static async Task<(byte[] Bytes, string? Type)> ValueAsync(Terminal terminal, string value, CancellationToken cancellation)
    {
        if (value == "-")
        {
            using var all = new MemoryStream();
            await terminal.In.CopyToAsync(all, cancellation);
            return (all.ToArray(), null);
        }

        if (value.StartsWith('@') && !value.StartsWith("@@", StringComparison.Ordinal))
        {
            return (await File.ReadAllBytesAsync(value[1..], cancellation), null);
        }

        return (Encoding.UTF8.GetBytes(value.StartsWith('@') ? value[1..] : value), "text/plain; charset=utf-8");
    }

    private static async Task<int> PutAsync(
        CommandContext context, RaftClusterClient client, string key, byte[] value, WriteOptions options)
    {
        var result = await client.PutAsync(key, value, options, context.Cancellation);
        var line = result switch
        {
            PutResult.Written { Created: var created } written =>
                new PutLine(key, created ? "created" : "replaced", written.Revision, written.Version),
            PutResult.Accepted => new PutLine(key, "accepted"),
            PutResult.Refused { CurrentRevision: var current } => new PutLine(key, "refused", CurrentRevision: current),
            _ => throw new InvalidOperationException($"no such result: {result}"),
        };
        if (context.Json)
        {
            await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.PutLine));
            return result is PutResult.Refused ? ExitCodes.PreconditionFailed : ExitCodes.Ok;
        }

        if (result is PutResult.Refused refused)
        {
            return Refusal.Report(context, key, options.When, refused.CurrentRevision);
        }

        await context.Terminal.Out.WriteLineAsync(result is PutResult.Written done
            ? string.Create(CultureInfo.InvariantCulture, $"{line.Result}, revision {done.Revision}, version {done.Version}")
            : "accepted by the leader, not replicated yet");
        return ExitCodes.Ok;
    }
}
