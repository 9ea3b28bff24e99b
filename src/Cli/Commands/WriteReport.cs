using System.Globalization;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>What a write did, said to people and to programs; a replay of an earlier attempt is said to be one.</summary>
internal static class WriteReport
{
    internal static async Task<int> PutAsync(CommandContext context, string key, WriteOptions options, PutResult result)
    {
        bool? replayed = result.Replayed ? true : null;
        var line = result switch
        {
            PutResult.Written { Created: var created } written =>
                new PutLine(key, created ? "created" : "replaced", written.Revision, written.Version, Replayed: replayed),
            PutResult.Accepted => new PutLine(key, "accepted", Replayed: replayed),
            PutResult.Refused { CurrentRevision: var current } => new PutLine(key, "refused", CurrentRevision: current, Replayed: replayed),
            PutResult.NotFound => new PutLine(key, "not-found", Replayed: replayed),
            _ => throw new InvalidOperationException($"no such result: {result}"),
        };
        if (context.Json)
        {
            await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.PutLine));
            return result switch
            {
                PutResult.Refused => ExitCodes.PreconditionFailed,
                PutResult.NotFound => ExitCodes.NotFound,
                _ => ExitCodes.Ok,
            };
        }

        switch (result)
        {
            case PutResult.Refused refused:
                return Refusal.Report(context, key, options.When, refused.CurrentRevision);
            case PutResult.NotFound:
                return context.Fail(ExitCodes.NotFound, "not-found", $"there is no row '{key}'");
            case PutResult.Written done:
                await SayAsync(context, string.Create(
                    CultureInfo.InvariantCulture, $"{line.Result}, revision {done.Revision}, version {done.Version}"), result.Replayed);
                return ExitCodes.Ok;
            default:
                await SayAsync(context, "accepted by the leader, not replicated yet", result.Replayed);
                return ExitCodes.Ok;
        }
    }

    internal static async Task<int> DeleteAsync(
        CommandContext context, string? key, string? prefix, WriteOptions options, DeleteResult result)
    {
        bool? replayed = result.Replayed ? true : null;
        if (context.Json)
        {
            var line = result switch
            {
                DeleteResult.Deleted done => new DeleteLine(key, prefix, "deleted", done.Revision, done.Count, Replayed: replayed),
                DeleteResult.Accepted => new DeleteLine(key, prefix, "accepted", Replayed: replayed),
                DeleteResult.NotFound => new DeleteLine(key, prefix, "not-found", Replayed: replayed),
                DeleteResult.Refused refused =>
                    new DeleteLine(key, prefix, "refused", CurrentRevision: refused.CurrentRevision, Replayed: replayed),
                _ => throw new InvalidOperationException($"no such result: {result}"),
            };
            await context.Terminal.Out.WriteLineAsync(JsonSerializer.Serialize(line, CliJson.Readable.DeleteLine));
            return result switch
            {
                DeleteResult.Refused => ExitCodes.PreconditionFailed,
                DeleteResult.NotFound => ExitCodes.NotFound,
                _ => ExitCodes.Ok,
            };
        }

        switch (result)
        {
            case DeleteResult.Refused refused:
                return Refusal.Report(context, key ?? prefix ?? "", options.When, refused.CurrentRevision);
            case DeleteResult.NotFound:
                return context.Fail(ExitCodes.NotFound, "not-found", $"there is no row '{key}'");
            case DeleteResult.Deleted deleted:
                await SayAsync(context, string.Create(
                    CultureInfo.InvariantCulture,
                    $"deleted {deleted.Count} {(deleted.Count == 1 ? "row" : "rows")}, revision {deleted.Revision}"), result.Replayed);
                return ExitCodes.Ok;
            default:
                await SayAsync(context, "accepted by the leader, not replicated yet", result.Replayed);
                return ExitCodes.Ok;
        }
    }

    /// <summary>A line about a write.</summary>
    internal static Task SayAsync(CommandContext context, string line, bool replayed) =>
        context.Terminal.Out.WriteLineAsync(replayed ? line + " (done before, under the same idempotency key)" : line);
}
